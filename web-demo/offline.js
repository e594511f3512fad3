// @ts-check
export function keepOffline() {}
