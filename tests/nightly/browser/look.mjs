// Looks at a report: node look.mjs CHROMIUM REPORT [PICTURES]. Says what is wrong, one line each, and ends with 1 then.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, report, pictures] = process.argv.slice(2);
const page_url = pathToFileURL(resolve(report)).href;
const interactive = readFileSync(report, "utf8").includes("uPlot");
let wrong = 0, checks = 0, where = "";
const check = (holds, words) => {
  checks++;
  if (holds) return;
  wrong++;
  console.error(`report-browser: ${where}: ${words}`);
};

const sections = ["overview", "grid", "benchmarks", "fuzzing", "mutants", "failures", "environment", "noise"];
const shown = (page, selector) => page.locator(selector).filter({ visible: true }).count();

// What holds in every browser, with JavaScript or without.
async function whole(page) {
  for (const section of sections) check((await shown(page, `#${section}`)) === 1, `there is no section ${section}`);
  check((await page.locator("details.workload").count()) === 20, "not every workload has its details");
  check((await page.locator("table.grid tbody td").count()) === 200, "the grid has not a cell for each series");
  check((await page.locator(".grid").getByText("3 of 7 crashed").count()) === 1, "the grid does not show the crashes");
  const cut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(cut <= 0, `the page is ${cut} px too wide`);
  // Every drawing but bars and swatches names its axes, and every column its contents.
  const unnamed = await page.evaluate(() => [...document.querySelectorAll("svg.drawing")].filter((drawing) => {
    const names = [...drawing.querySelectorAll(".axis-name")].map((name) => name.textContent.trim());
    return names.length < (drawing.closest(".curves") ? 2 : 1) || names.some((name) => name === "") ||
      !drawing.getAttribute("aria-label") || drawing.querySelectorAll(".tick:not(.axis-name)").length < 2;
  }).length);
  check(unnamed === 0, `${unnamed} drawings without names or ticks on their axes`);
  check((await page.locator("thead th:not([scope])").count()) === 0, "a column's head without its scope");
  const levels = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3, h4, h5")].map((head) => +head.tagName[1]));
  check(levels[0] === 1 && levels.every((level, at) => at === 0 || level <= levels[at - 1] + 1), "a level of headings is left out");
  const ids = await page.evaluate(() => [...document.querySelectorAll("[id]")].map((element) => element.id));
  check(new Set(ids).size === ids.length, "an id stands twice");
  const dead = await page.evaluate(() => [...document.querySelectorAll("a[href]")].filter((link) => !document.getElementById(decodeURIComponent(link.hash.slice(1)))).length);
  check(dead === 0, `${dead} links lead nowhere`);
}

// Text against what lies behind it, as WCAG 2 defines it: 4.5 to 1 at least. Backgrounds may be translucent.
async function contrast(page) {
  const faint = await page.evaluate(() => {
    const numbers = (colour) => { const found = colour.match(/[\d.]+/g).map(Number); return found.length === 3 ? [...found, 1] : found; };
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    const behind = (element) => {
      const own = numbers(getComputedStyle(element).backgroundColor);
      if (own[3] === 1) return own;
      return over(own, element.parentElement ? behind(element.parentElement) : [255, 255, 255, 1]);
    };
    const light = (colour) => {
      const [r, g, b] = colour.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const poor = new Set();
    const looked = "h1, h2, h3, h4, h5, p, th, td, small, .badge, summary, dt, dd, nav a, .value, .tiles span, svg text, .grid b, footer, button";
    for (const element of document.querySelectorAll(looked)) {
      if (!element.checkVisibility()) continue;
      const style = getComputedStyle(element), back = behind(element);
      const ink = over(numbers(element instanceof SVGElement ? style.fill : style.color), back);
      const [high, low] = [light(ink), light(back)].sort((a, b) => b - a);
      if ((high + 0.05) / (low + 0.05) < 4.5) poor.add(`${element.tagName}.${element.getAttribute("class")} ${((high + 0.05) / (low + 0.05)).toFixed(2)}`);
    }
    return [...poor];
  });
  check(faint.length === 0, `too little contrast: ${faint.slice(0, 5).join(", ")}`);
}

// What JavaScript adds.
async function helped(page) {
  const rows = "table.grid tbody tr";
  await page.fill("#search input", "churn 4096");
  check((await shown(page, rows)) === 1, "a search does not leave the one workload");
  check((await shown(page, "details.workload")) === 1, "a search does not leave the one workload's details");
  await page.fill("#search input", "mutant-7 GEN-2");
  check((await shown(page, rows)) === 0, "a search for a mutant leaves workloads");
  check((await shown(page, "table:has(caption:text('Planted bugs')) tbody tr")) === 2, "a search does not leave the one mutant");
  await page.fill("#search input", "nosuchthing");
  check((await page.locator("#search output").textContent()) === "nothing found", "a search in vain says nothing");
  await page.locator("#search input").press("Escape");
  check((await shown(page, rows)) === 20, "an ended search does not bring everything back");

  const column = (table, number) => page.locator(`${table} tbody tr`).evaluateAll((all, at) => all.map((row) => row.cells[at].dataset.value ?? row.cells[at].textContent), number);
  await page.locator("table.overview thead button").nth(2).click();
  const speeds = (await column("table.overview", 2)).map(Number);
  check(speeds.length === 10 && speeds.every((speed, at) => at === 0 || speed >= speeds[at - 1]), `not sorted: ${speeds}`);
  check((await page.locator("table.overview th[aria-sort=ascending]").count()) === 1, "the sorted column is not told");
  await page.locator("table.overview thead button").nth(2).click();
  check(Number((await column("table.overview", 2))[0]) === speeds[9], "a second click does not turn the order");

  const first = page.locator("table.grid tbody td a").first();
  await first.click();
  check((await shown(page, "details.workload[open]")) === 1, "a cell does not open its details");
  const heap = page.locator(".heaps button", { hasText: "jemalloc" });
  await heap.click();
  check((await page.locator("details[open] .aside").count()) > 0, "no heap is set apart");
  await heap.click();
  check((await page.locator(".aside").count()) === 0, "a heap stays set apart");

  if (interactive) {
    const card = page.locator("details[open] .curves").last();
    await card.locator(".zoom").click();
    check((await card.locator("canvas").count()) === 1 && !(await card.locator(".plot > svg").isVisible()), "Zoom draws no chart");
    const box = await card.locator(".u-over").boundingBox();
    await card.locator(".u-over").hover({ position: { x: box.width / 2, y: box.height / 2 } });
    check(/^at [\d.]+ %$/.test(await card.locator(".where").textContent()), "the pointer's place is not told");
    const values = await card.locator(".legend output").allTextContents();
    check(values.length === 10 && values.every((value) => /\d [nµm]?s$/.test(value)), `values under the pointer: ${values}`);
    await card.locator(".zoom").click();
    check((await card.locator("canvas").count()) === 0 && (await card.locator(".plot > svg").isVisible()), "Zoom cannot be left");
  }
  // With the keyboard alone.
  await page.keyboard.press("/");
  check(await page.evaluate(() => document.activeElement === document.querySelector("#search input")), "/ does not lead to the search");
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
for (const colorScheme of ["light", "dark"])
  for (const width of [1400, 400])
    for (const javaScriptEnabled of [true, false]) {
      where = `${colorScheme}, ${width} px, ${javaScriptEnabled ? "with" : "without"} JavaScript`;
      const context = await browser.newContext({ colorScheme, javaScriptEnabled, viewport: { width, height: 900 } });
      const page = await context.newPage();
      page.setDefaultTimeout(120000);
      page.on("console", (message) => check(false, `console: ${message.text()}`));
      page.on("pageerror", (error) => check(false, `error: ${error.message}`));
      page.on("request", (request) => check(request.url().split("#")[0] === page_url, `a request leaves: ${request.url()}`));
      try {
        await page.goto(page_url);
        check((await page.locator("#search").isVisible()) === javaScriptEnabled, "the search box is shown where it cannot search, or not where it can");
        await whole(page);
        await contrast(page);
        if (pictures) await page.screenshot({ path: `${pictures}/${colorScheme}-${width}${javaScriptEnabled ? "" : "-plain"}.png` });
        if (javaScriptEnabled) await helped(page);
        if (javaScriptEnabled && pictures) await page.screenshot({ path: `${pictures}/${colorScheme}-${width}-details.png` });
      } catch (error) {
        check(false, error.message.split("\n")[0]);
      }
      await context.close();
    }
await browser.close();
console.log(`report-browser: ${checks} checks, ${wrong} wrong${interactive ? "" : "; this build has no charts that can be zoomed"}`);
process.exit(wrong ? 1 : 0);
