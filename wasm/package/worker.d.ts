/** The worker that `halver` starts; bundlers that are told their entry points can be given it as one. */
export {};
