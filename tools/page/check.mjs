// Opens pages in Chromium at the width of a phone and of a desktop, light and dark. Fails on violations that axe-core finds, on sideways
// scrolling of the page, on script errors and on requests for anything but the page and its recording.
//
//   npm install --prefix DIR axe-core playwright-core
//   CHROMIUM=/usr/bin/chromium node tools/page/check.mjs DIR PAGE.html…
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, ...pages] = process.argv.slice(2);
const require = createRequire(pathToFileURL(resolve(modules, "package.json")));
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
let wrong = 0;
const tell = (where, what) => { wrong += 1; console.log(`${where}: ${what}`); };
for (const page of pages) {
  for (const width of [390, 1280]) {
    for (const colorScheme of ["light", "dark"]) {
      const where = `${page} ${width} ${colorScheme}`;
      const tab = await browser.newPage({ viewport: { width, height: 844 }, colorScheme, bypassCSP: true });
      tab.on("pageerror", (error) => tell(where, error.message));
      tab.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) tell(where, request.url()); });
      await tab.goto(pathToFileURL(resolve(page)).href);
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) tell(where, `scrolls sideways: ${wide} px`);
      await tab.evaluate(axe);
      const { violations } = await tab.evaluate(() => globalThis.axe.run());
      for (const { id, help, nodes } of violations) tell(where, `${id}: ${help} (${nodes.length}: ${nodes[0].html.slice(0, 160)})`);
      await tab.close();
    }
  }
}
await browser.close();
console.log(wrong === 0 ? `${pages.length} pages: ok` : `${wrong} findings`);
process.exit(wrong === 0 ? 0 : 1);
