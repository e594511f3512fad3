import { hashes } from './app.mjs';

const { base } = document.documentElement.dataset;
const photo = async (name) => (await fetch(`./${name}`)).blob();

hashes(await Promise.all(['one.jpg', 'two.png'].map(photo)), { base }).then((found) => { document.title = found; }, (error) => {
  document.title = `${error.code} ${error.stack}`;
});
