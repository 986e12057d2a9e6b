#!/usr/bin/env python3
"""Tests the page of `carom explore` in Chromium.

Usage: browser.py BINARY [FOLDER]

Needs the packages chromium, chromium-driver and python3-selenium of Debian. Each test opens the page anew. With a FOLDER,
pictures of the page are written there. The test of the speed prints it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

PATIENCE = 120  # seconds; only a page that hangs takes longer
BINARY = str(Path(sys.argv[1]).resolve())
PICTURES = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None


class Server:
    """`carom explore` in a temporary folder."""

    def __init__(self, *args):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [BINARY, "explore", *args], cwd=self.folder.name, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.address = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.folder.cleanup()

    def run(self, *args):
        done = subprocess.run([BINARY, "run", *args], cwd=self.folder.name, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout


class Page:
    """The page in a browser."""

    def __init__(self, driver, address):
        self.driver = driver
        driver.get(address)
        self.settled()

    def js(self, code, *args):
        return self.driver.execute_script(code, *args)

    def id(self, name):
        return self.driver.find_element(By.ID, name)

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.02)
        raise AssertionError(f"not in time: {what}; status: {self.id('status').text}; {self.id('error').text}")

    def settled(self):
        """Waits until the figure is drawn in full."""
        ready = "return !!state.view && state.pending === 0 && !own.running && !own.wanted && !state.shown.coarse && state.tried.size === 0"
        self.until("the figure", lambda: self.js(ready))

    def claims(self):
        items = "[...document.querySelectorAll('#claims li[data-key]')]"
        pairs = self.js(f"return {items}.map((e) => [e.querySelector('code').textContent, e.classList.contains('holds')])")
        return [(text, holds) for text, holds in pairs]

    def value(self, name):
        return self.id(f"p-{name}").get_attribute("value")

    def type(self, name, text, key=Keys.ENTER):
        field = self.id(f"p-{name}")
        field.click()
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text + key)

    def drag(self, name, parts, pause=0):
        """Moves a slider with the mouse to places between 0 and 1 of its length."""
        slider = self.id(f"p-{name}-slider")
        width = slider.size["width"] - 20
        at = lambda part: int((part - 0.5) * width)
        actions = ActionChains(self.driver, duration=0).move_to_element_with_offset(slider, at(parts[0]), 0).click_and_hold()
        for part in parts[1:]:
            actions = actions.move_to_element_with_offset(slider, at(part), 0).pause(pause)
        actions.release().perform()

    def shot(self, name, whole=False):
        if PICTURES is None:
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        time.sleep(0.4)
        if whole:
            width, before, height = self.js("return [innerWidth, innerHeight, document.documentElement.scrollHeight]")
            self.resize(width, height)
            time.sleep(0.3)
            self.driver.save_screenshot(str(PICTURES / f"{name}.png"))
            self.resize(width, before)
        else:
            self.driver.save_screenshot(str(PICTURES / f"{name}.png"))

    def resize(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def overflows(self):
        """The elements that stick out of the window on the right."""
        code = """
            const wide = document.documentElement.clientWidth;
            return [...document.querySelectorAll('body *')]
                .filter((e) => e.getClientRects().length && e.getBoundingClientRect().right > wide + 1
                    && !e.closest('.equations') && !e.closest('.hidden') && !e.closest('.note'))
                .map((e) => `${e.tagName} ${e.id} ${e.className}`);
        """
        return self.js(code)


def dark(driver, on):
    value = "dark" if on else "light"
    features = [{"name": "prefers-color-scheme", "value": value}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def test_opening(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        assert page.claims() and all(holds for _, holds in page.claims()), page.claims()
        assert "2000 collisions" in page.id("status").text
        assert driver.find_elements(By.CSS_SELECTOR, "#equations math mfrac"), "the equations are typeset"
        resources = page.js("return performance.getEntriesByType('resource').map((r) => r.name)")
        assert all(r.startswith((server.address, "blob:", "data:")) for r in resources), resources
        faults = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
        assert not faults, faults
        page.shot("light", whole=True)


def test_dragging(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        places = [1 - i / 60 for i in range(55)]
        begin = time.monotonic()
        page.drag("γ", places, pause=0.03)
        seconds = time.monotonic() - begin
        page.settled()
        times = sorted(page.js("return performance.getEntriesByName('picture').map((m) => m.duration)"))
        p95 = times[int(0.95 * (len(times) - 1))]
        print(f"    {len(times)} pictures in {seconds:.1f} s; input to picture: median {times[len(times) // 2]:.0f} ms, p95 {p95:.0f} ms")
        assert len(times) > 5, "the figure follows the slider"
        holds = [holds for _, holds in page.claims()]
        assert not all(holds) and any(holds), page.claims()
        assert float(page.value("γ")) < 0.5, page.value("γ")
        # The whole drag is one change.
        page.id("undo").click()
        page.settled()
        assert page.value("γ") == "1.49226", page.value("γ")
        assert all(holds for _, holds in page.claims())
        page.id("redo").click()
        page.settled()
        assert float(page.value("γ")) < 0.5
        assert "--set 'γ = 0." in page.id("command").text


def test_typing_and_mistakes(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        page.type("γ", "0.3π/2")
        page.until("the change", lambda: "0.3π/2" in page.id("command").text)
        page.settled()
        assert page.value("γ") == "0.471239", page.value("γ")
        for text, words in [("7", "outside its range"), ("<b>bold</b>", "×"), ("1 +", "×")]:
            page.type("γ", text)
            page.until("the message", lambda: page.id("error").is_displayed() and words in page.id("error").text)
            assert not driver.find_elements(By.CSS_SELECTOR, "#error *"), "the message is text"
            assert page.id("p-γ").get_attribute("aria-invalid") == "true"
        page.shot("mistake")
        page.type("γ", "", Keys.ESCAPE)
        assert page.value("γ") == "0.471239" and not page.id("error").is_displayed()
        page.type("collisions", "600")
        page.until("fewer collisions", lambda: "600 collisions" in page.id("status").text)


def test_rules_and_comparison(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        driver.find_element(By.CSS_SELECTOR, "#p-trace_out input[value=erase]").click()
        page.until("the rule", lambda: "trace_out = erase" in page.id("command").text)
        page.settled()
        assert dict(page.claims())["last(C12) ≈ -0.9907 ± 1e-4"] is False
        page.id("compare").click()
        page.until("the other figure", lambda: driver.find_elements(By.CSS_SELECTOR, "#file-figure img"))
        page.until("the other verdict", lambda: driver.find_elements(By.CSS_SELECTOR, "#claims .in-file"))
        page.shot("compare", whole=True)
        page.id("compare").click()
        assert not page.id("file-card").is_displayed()


def test_saving(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        page.type("γ", "0.3")
        page.until("the change", lambda: "γ = 0.3" in page.id("command").text)
        page.settled()
        shown = driver.find_elements(By.CSS_SELECTOR, "#claims .measured")[0].text
        page.id("save").click()
        page.shot("save")
        page.id("save-name").send_keys(Keys.CONTROL, "a")
        page.id("save-name").send_keys("mine/../mine" + Keys.ENTER)
        page.until("the note", lambda: "saved" in page.id("note").text)
        page.id("png").click()
        page.until("the figure", lambda: "fig2.png" in page.id("note").text)
        files = sorted(os.listdir(server.folder.name))
        assert files == ["karpat2019-fig2.png", "mine-mine.carom"], files
        assert shown in server.run("mine-mine.carom"), "the script gives the numbers of the page"
        command = page.id("command").text
        done = subprocess.run(
            ["bash", "-c", command.replace("carom", f"'{BINARY}'", 1)], cwd=server.folder.name, capture_output=True, text=True, check=False
        )
        assert shown in done.stdout, "so does the command line"


def test_diagrams(driver):
    with Server("karpat2019", "fig3a") as server:
        driver.get(server.address)
        page = Page.__new__(Page)
        page.driver = driver
        page.until("a coarse picture", lambda: driver.find_elements(By.CSS_SELECTOR, "#figure img"))
        assert "points" in page.id("status").text
        assert driver.find_element(By.CSS_SELECTOR, "[data-name=λ] .how").text == "swept"
        page.type("points", "21")
        page.until("the full diagram", lambda: "441 points" in page.id("status").text)
        page.settled()
        page.shot("diagram")
        Select(page.id("experiment")).select_by_value("fig3abc")
        page.settled()
        page.shot("panels")
        assert len(page.claims()) > 10


def test_two_tabs(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        first = driver.current_window_handle
        page.type("γ", "0.2")
        page.settled()
        driver.switch_to.new_window("tab")
        other = Page(driver, server.address)
        assert other.value("γ") == "1.49226"
        other.type("γ", "0.9")
        other.until("the change", lambda: "0.9" in other.id("command").text)
        driver.close()
        driver.switch_to.window(first)
        page.settled()
        assert page.value("γ") == "0.2"
        page.type("λ", "0.1")
        page.until("the change", lambda: "--set 'γ = 0.2' --set 'λ = 0.1'" in page.id("command").text)


def test_narrow_and_dark(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        for width in (400, 640, 900, 1400):
            page.resize(width, 800)
            time.sleep(0.2)
            assert page.overflows() == [], (width, page.overflows())
            page.shot(f"narrow-{width}")
        page.resize(400, 800)
        page.shot("narrow-whole", whole=True)
        # The figure stays in sight while a slider far below it moves.
        page.js("document.getElementById('p-δt-slider').scrollIntoView({ block: 'end' })")
        top = page.js("const r = document.querySelector('#figure img').getBoundingClientRect(); return [r.top, r.bottom]")
        assert top[0] >= 0 and top[1] <= 800, top
        page.shot("narrow-scrolled")
        dark(driver, True)
        page.shot("dark-narrow")
        page.resize(1280, 900)
        page.shot("dark", whole=True)
        colours = page.js("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
        light = [sum(int(x) for x in c[c.index("(") + 1 : -1].split(",")[:3]) for c in colours]
        assert light[0] < 150 and light[1] > 600, colours
        dark(driver, False)


def test_keyboard(driver):
    with Server("karpat2019", "fig2") as server:
        page = Page(driver, server.address)
        press = lambda *keys: ActionChains(driver).send_keys(*keys).perform()
        focused = lambda: page.js("return document.activeElement.id || document.activeElement.value")
        seen = []
        for _ in range(60):
            press(Keys.TAB)
            seen.append(focused())
            if seen[-1] == "p-γ-slider":
                break
        assert {"protocol", "experiment", "save", "p-collisions", "p-J", "p-γ"} <= set(seen), seen
        ring = page.js("return getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", "the focus is visible"
        press(Keys.HOME)
        page.until("γ = 0", lambda: "γ = 0'" in page.id("command").text)
        press(Keys.PAGE_UP, Keys.ARROW_RIGHT)
        page.until("γ = 0.11 π/2", lambda: "γ = 0.173'" in page.id("command").text)
        assert focused() == "p-γ-slider", "the focus stays"
        ActionChains(driver).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
        page.settled()
        assert "--set" not in page.id("command").text, page.id("command").text
        while focused() != "keep":
            press(Keys.TAB)
        press(Keys.ARROW_RIGHT)
        page.until("the rule", lambda: "erase" in page.id("command").text)
        while focused() != "copy":
            press(Keys.TAB)
        press(Keys.ENTER)
        page.until("the note", lambda: page.id("note").text != "")


TESTS = [f for name, f in list(globals().items()) if name.startswith("test_")]


def main():
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,900", "--force-color-profile=srgb"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chosen = os.environ.get("ONLY", "")
    driver = webdriver.Chrome(options=options)
    try:
        failed = 0
        for test in TESTS:
            if chosen not in test.__name__:
                continue
            driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            begin = time.monotonic()
            try:
                test(driver)
                print(f"ok      {test.__name__}  {time.monotonic() - begin:.1f} s")
            except Exception as fault:  # a fault of any kind is a failed test
                failed += 1
                print(f"FAILED  {test.__name__}: {type(fault).__name__}: {fault}")
                if PICTURES:
                    driver.save_screenshot(str(PICTURES / f"failed-{test.__name__}.png"))
        return 1 if failed else 0
    finally:
        driver.quit()


if __name__ == "__main__":
    sys.exit(main())
