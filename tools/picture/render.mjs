// Draws a job summary as GitHub shows it: `node render.mjs CHROMIUM SUMMARY.md PICTURE.png`.
// The browser loads its files from this directory, and nothing from the network.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {Marked} from 'marked';
import {chromium} from 'playwright-core';

const [executablePath, markdownFile, pictureFile] = process.argv.slice(2);
const ORIGIN = 'http://picture.invalid/';
const WIDTH = 900;
const OPENED = 'Registry'; // the section to show open; GitHub shows all sections closed at first

const browser = await chromium.launch({executablePath});
try {
  const page = await browser.newPage({
    colorScheme: 'light',
    deviceScaleFactor: 2,
    viewport: {width: WIDTH, height: 600},
  });
  const html = pageOf(readFileSync(markdownFile, 'utf8'));
  await page.route('**/*', (route) => serve(route, html));
  await page.goto(ORIGIN);
  await page.evaluate(drawDiagrams);
  await page.locator('section').screenshot({path: pictureFile, omitBackground: true});
} finally {
  await browser.close();
}

function pageOf(markdown) {
  const opened = markdown.replace(`<details><summary>${OPENED}<`, `<details open><summary>${OPENED}<`);
  const template = readFileSync(new URL('page.html', import.meta.url), 'utf8');
  return template.replace('<!-- summary -->', () => new Marked({renderer: {code}}).parse(opened));
}

// Leaves diagrams to mermaid; for other code, false means that marked renders it.
function code({lang, text}) {
  return lang === 'mermaid' && `<div class="diagram">${escapeHtml(text)}</div>`;
}

function escapeHtml(text) {
  return text.replace(/[&<>]/g, (character) => `&#${character.codePointAt(0)};`);
}

function serve(route, html) {
  const {pathname} = new URL(route.request().url());
  return pathname === '/'
    ? route.fulfill({body: html, contentType: 'text/html; charset=utf-8'})
    : route.fulfill({path: fileURLToPath(new URL(`.${pathname}`, import.meta.url))});
}

// Runs in the browser. The fonts are loaded first because mermaid measures text.
async function drawDiagrams() {
  const fonts = ['400 1em "Noto Sans"', '600 1em "Noto Sans"', '400 1em Cousine', '700 1em Cousine'];
  await Promise.all(fonts.map((font) => document.fonts.load(font)));
  mermaid.initialize({fontFamily: '"Noto Sans", sans-serif'});
  await mermaid.run({querySelector: '.diagram'});
}
