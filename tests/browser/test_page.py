"""Every control of the live page, as a visitor uses it in a browser; numbers are held against headless runs."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

pytest.importorskip("playwright", reason="needs the extra `browser`")

import waico
from tests.browser.conftest import PATIENCE, watch
from waico.analysis.compare import compare
from waico.runs.record import read_run
from waico.runs.sweep import open_sweep
from waico.scenarios.load import load_scenario
from waico.ui.guard import HEADERS
from waico.ui.session import Session, Source

pytestmark = pytest.mark.extra

STATE = "#figure-map .waico-state"


def visit(page: Any, address: str, query: str = "") -> None:
    page.goto(f"{address}/?{query}")
    page.wait_for_selector(STATE)


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def at_round(page: Any, number: int) -> None:
    page.wait_for_function(f"document.querySelector('.waico-round')?.textContent.trim() === 'Round {number}'", polling=50)


def step(page: Any, to: int) -> None:
    button(page, "Step").click()
    at_round(page, to)


def says(page: Any, text: str) -> None:
    """Wait until a text is on the page."""
    page.wait_for_function("text => document.body.innerText.includes(text)", arg=text, polling=50)


def view(page: Any, name: str) -> None:
    page.locator(".waico-top").get_by_role("button", name=name, exact=True).click()


def fills(page: Any) -> dict[str, str]:
    """Colours of the map by state."""
    found: dict[str, str] = page.eval_on_selector_all(STATE, "all => Object.fromEntries(all.map(x => [x.dataset.code, x.getAttribute('fill')]))")
    return found


def slide(page: Any, selector: str, value: float) -> None:
    """Move a slider as a hand does that lets go of it."""
    page.eval_on_selector(
        selector,
        "(x, value) => { x.value = value; x.dispatchEvent(new Event('input', {bubbles: true})); x.dispatchEvent(new Event('change', {bubbles: true})) }",
        value,
    )


def headless(rounds: int, **options: Any) -> Session:
    session = Session(Source("waic2025"), **options)
    for _ in range(rounds):
        session.step()
    return session


def save(page: Any, name: str) -> bytes:
    with page.expect_download() as caught:
        button(page, name).click()
    return Path(caught.value.path()).read_bytes()


# live


def test_the_opening_view_has_all_figures_without_a_click(page: Any, address: str) -> None:
    visit(page, address)
    at_round(page, 0)
    for name in ("map", "charter", "curves", "network"):
        box = page.locator(f"#figure-{name}").bounding_box()
        assert box is not None and box["width"] > 300 and box["height"] > 150, name
        assert box["y"] + box["height"] <= 800 and box["x"] + box["width"] <= 1280, name
    assert page.locator(STATE).count() == 193
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_steps_back_slider_and_reset_show_the_rounds_of_the_headless_run(page: Any, address: str) -> None:
    visit(page, address)
    for number in range(1, 9):
        step(page, number)
    eighth = headless(8)
    says(page, eighth.headline())
    endorsed = {code for code, status in zip(eighth.watched.setting.codes, eighth.watched.map(8)["waico"], strict=True) if status == 1}
    principals = {"CHN", "USA"}
    assert {code for code, fill in fills(page).items() if fill == "#A6CEE3"} == endorsed - principals
    button(page, "Back").click()
    at_round(page, 7)
    slide(page, "input[aria-label='Round to look at']", 3)
    at_round(page, 3)
    says(page, headless(3).headline())
    step(page, 4)
    button(page, "Reset").click()
    at_round(page, 0)
    assert button(page, "Back").is_disabled()


def test_play_runs_to_the_outcome_and_pause_stops_it(page: Any, address: str) -> None:
    visit(page, address, "round=30")
    page.get_by_label("Speed").select_option(label="fast")
    button(page, "Play").click()
    page.wait_for_function("document.querySelector('.waico-round')?.textContent.trim() > 'Round 32'")
    button(page, "Pause").click()
    page.wait_for_timeout(700)
    paused = page.locator(".waico-round").inner_text()
    page.wait_for_timeout(500)
    assert page.locator(".waico-round").inner_text() == paused
    button(page, "Play").click()
    whole = waico.run(load_scenario("waic2025"), seed=1, replicates=1)
    says(page, f"Outcome: {whole.outcomes['outcome'].iloc[0].replace('_', ' ')}")
    assert button(page, "Step").is_disabled() and button(page, "Play").is_disabled()


def test_levers_act_at_once_or_wait_and_the_feed_logs_the_shock(page: Any, address: str) -> None:
    visit(page, address)
    for number in (1, 2):
        step(page, number)
    slide(page, "[id='field-institutions.waico.rival_pressure']", 2.5)
    says(page, "from round 3: institutions.waico.rival_pressure = 2.5")
    slide(page, "[id='field-institutions.waico.opening.enforcement']", 0.6)
    says(page, "at the next reset: institutions.waico.opening.enforcement = 0.6")
    says(page, "waits for Reset")
    page.locator("[id='field-institutions.waico.exclusive_from']").check()
    says(page, "from round 3: institutions.waico.exclusive_from")
    page.locator("[id='field-institutions.waico.adoption.rule']").select_option("supermajority")
    says(page, 'institutions.waico.adoption.rule = "supermajority"')
    page.locator("[id='field-bargaining.protocol']").select_option("nash")
    says(page, 'bargaining.protocol = "nash"')
    slide(page, "[id='field-institutions.waico.inducement.budget']", 0.1)
    says(page, "institutions.waico.inducement.budget = 0.1")
    step(page, 3)
    says(page, "Shock: institutions.waico.rival_pressure changes to 2.5")
    button(page, "Reset").click()
    says(page, "from the start: institutions.waico.opening.enforcement = 0.6")
    assert "from round 3" not in page.locator("body").inner_text()


def test_any_value_and_a_wrong_one(page: Any, address: str) -> None:
    visit(page, address)
    step(page, 1)
    field = page.locator("#field-other")
    field.fill("decision.b_presure=1")
    field.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert "did you mean 'b_pressure'" in page.locator("[role=alert]").inner_text()
    field.fill("decision.b_pressure=1")
    field.press("Enter")
    says(page, "from round 2: decision.b_pressure = 1")
    page.wait_for_selector("[role=alert]", state="detached")


def test_scenario_seed_and_institution_are_chosen(page: Any, address: str) -> None:
    visit(page, address)
    page.locator("#field-seed").fill("9")
    page.locator("#field-seed").press("Enter")
    page.locator("#field-institution").select_option("us_coalition")
    says(page, "Text of us_coalition")
    for number in (1, 2, 3):
        step(page, number)
    other = headless(3, seed=9)
    other.choose("us_coalition")
    says(page, other.headline())
    page.locator("#field-scenario").select_option("gpai")
    says(page, "Text of gpai")
    at_round(page, 0)


def test_a_state_opens_from_the_map_the_list_and_the_feed_and_tells_its_decision(page: Any, address: str) -> None:
    visit(page, address, "round=8")
    page.locator("[data-code=KEN]").click()
    says(page, "Kenya, round 8")
    says(page, "Its closest neighbours")
    page.locator(".waico-drawer").get_by_role("button", name="Close").click()
    page.wait_for_selector(".waico-drawer", state="detached")
    page.locator("#field-state").select_option(label="Ethiopia")
    says(page, "Ethiopia, round 8")
    taken = page.locator(".waico-drawer").get_by_role("button", name=re.compile("Why in round"))
    taken.first.click()
    page.wait_for_selector("#figure-decision")
    session = headless(1)
    session.open_state("ETH")
    number = int(page.locator(".waico-round").inner_text().split()[1])
    for _ in range(number - 1):
        session.step()
    found = session.explanation()
    assert found is not None
    assert f"probability {found.hazard:.1%}" in page.locator(".waico-drawer").inner_text()
    drawn = page.locator("#figure-decision").get_attribute("aria-label")
    assert all(f"{name} {value:.2f}" in drawn for name, value in found.terms.items() if abs(value) >= 0.05)
    page.locator(".waico-drawer").get_by_role("button", name="Close").click()
    page.locator(".waico-feed li button").first.click()
    page.wait_for_selector(".waico-drawer")


def test_hover_tells_the_facts_of_a_state(page: Any, address: str) -> None:
    visit(page, address)
    page.locator("[data-code=BRA]").hover()
    tip = page.locator(".waico-tip").inner_text()
    assert "Brazil" in tip and "% of world GDP" in tip and "waico: outside" in tip


def test_the_feed_can_be_filtered(page: Any, address: str) -> None:
    visit(page, address, "round=6")
    lines = page.locator(".waico-feed li")
    assert "lobby" in " ".join(lines.all_inner_texts())
    page.get_by_label("firms", exact=True).uncheck()
    page.wait_for_function("!document.querySelector('.waico-feed ol').innerText.includes('lobby')")
    page.get_by_label("pressure and offers").check()
    says(page, "presses")


def test_keys_alone_run_the_page(page: Any, address: str) -> None:
    visit(page, address)
    page.locator("body").press("ArrowRight")
    at_round(page, 1)
    page.locator("body").press("ArrowRight")
    at_round(page, 2)
    page.locator("body").press("ArrowLeft")
    at_round(page, 1)
    page.locator("#figure-network g[role=button]").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".waico-drawer")
    button(page, "Step").focus()
    page.keyboard.press("Enter")
    at_round(page, 2)


def test_a_step_updates_figures_and_builds_none_anew(page: Any, address: str) -> None:
    visit(page, address)
    page.evaluate("document.querySelectorAll('svg[id^=figure-]').forEach(x => { x.dataset.same = 'yes' })")
    for number in range(1, 4):
        step(page, number)
    kept = page.eval_on_selector_all("svg[id^=figure-]", "all => all.map(x => x.dataset.same)")
    assert kept == ["yes"] * 4


# what is taken along


def test_what_comes_and_goes_above_the_figures_builds_none_anew(page: Any, address: str) -> None:
    visit(page, address)
    page.eval_on_selector(STATE, "x => { x.marked = true }")
    button(page, "Save and open").click()
    page.wait_for_selector(".waico-save")
    assert page.eval_on_selector(STATE, "x => x.marked")


def test_a_link_restores_the_view(page: Any, address: str) -> None:
    visit(page, address, "seed=4")
    for number in range(1, 6):
        step(page, number)
    slide(page, "[id='field-institutions.waico.rival_pressure']", 2.0)
    says(page, "from round 6")
    page.locator("[data-code=BRA]").click()
    says(page, "Brazil, round 5")
    button(page, "Save and open").click()
    link = page.get_by_label("Link that restores this view").input_value()
    text = page.locator(".waico-columns").inner_text()
    page.goto(link)
    at_round(page, 5)
    assert page.locator(".waico-columns").inner_text() == text


def test_downloads_are_what_they_say(page: Any, address: str, tmp_path: Path) -> None:
    visit(page, address, "seed=4&round=5&set=institutions.waico.rival_pressure%3D2.0")
    button(page, "Save and open").click()
    session = headless(5, seed=4, changes={"institutions.waico.rival_pressure": 2.0})
    assert save(page, "Scenario TOML").decode() == session.toml()
    with zipfile.ZipFile(io.BytesIO(save(page, "Tables CSV"))) as archive:
        assert archive.read("nations.csv").decode() == session.watched.result.nations.to_csv(index=False, lineterminator="\n")
    assert zipfile.ZipFile(io.BytesIO(save(page, "Tables Parquet"))).testzip() is None
    zipfile.ZipFile(io.BytesIO(save(page, "Whole run"))).extractall(tmp_path / "run")
    kept = read_run(tmp_path / "run")
    assert kept.outcomes.equals(session.whole_run().outcomes)
    svg = save(page, "Save waico_map as SVG")
    assert svg.startswith(b"<svg") and b"Helvetica" in svg
    png = save(page, "Save waico_charter as PNG")
    assert png.startswith(b"\x89PNG") and len(png) > 10_000
    step(page, 6)
    session.step()
    with zipfile.ZipFile(io.BytesIO(save(page, "Tables CSV"))) as archive:
        assert archive.read("rounds.csv").decode() == session.watched.result.rounds.to_csv(index=False, lineterminator="\n")


def test_a_scenario_file_is_opened_and_a_bad_one_refused(page: Any, address: str, tmp_path: Path) -> None:
    visit(page, address)
    step(page, 1)
    button(page, "Save and open").click()
    bad = {
        "broken.toml": b"title = ", "odd.toml": b'extends = "waic2025"\n[decision]\nb_presure = 1\n', "binary.toml": b"\xff\xfe\x00\x01",
        "far.toml": b'extends = "/etc/passwd.toml"\n', "large.toml": b"# filler\n" * 40_000, "table.toml": b'extends = "waic2025"\n[nations]\ntable = "/etc/x.csv"\n',
    }  # fmt: skip
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        page.locator("#field-file").set_input_files(tmp_path / name)
        page.wait_for_function("name => document.querySelector('[role=alert]')?.innerText.startsWith(name)", arg=name)
    at_round(page, 1)
    good = tmp_path / "mine.toml"
    good.write_text('extends = "waic2025"\ntitle = "Mine"\n[institutions_]\n'.replace("[institutions_]\n", "[decision]\nb0 = -4.0\n"))
    page.locator("#field-file").set_input_files(good)
    page.wait_for_function("document.querySelector('#field-scenario').value === 'mine.toml'")
    at_round(page, 0)
    page.wait_for_selector("[role=alert]", state="detached")
    says(page, "No link can carry a file of yours")


# the other views


def test_two_scenarios_are_compared_pair_by_pair(page: Any, address: str) -> None:
    visit(page, address)
    view(page, "Compare")
    says(page, "Choose two scenarios and press Compare")
    page.locator("#field-replicates").fill("1000")
    page.locator("#field-replicates").press("Tab")
    page.locator("#field-go").click()
    page.wait_for_selector("[role=alert]")
    page.locator("#field-replicates").fill("6")
    page.locator("#field-replicates").press("Tab")
    page.evaluate("""() => {   // typed before the server can have answered to the choice of B, whose answer must not take it away
        const b = document.querySelector('#field-b')
        b.value = 'binding_charter'
        b.dispatchEvent(new Event('change'))
        document.querySelector('#field-change_b').focus()
        document.execCommand('insertText', false, 'institutions.waico.rival_pressure=2')
    }""")
    page.wait_for_timeout(1500)
    assert page.input_value("#field-change_b") == "institutions.waico.rival_pressure=2"
    page.locator("#field-change_b").press("Tab")
    page.locator("#field-go").click()
    page.wait_for_selector("#figure-difference .waico-state", timeout=2 * PATIENCE)
    changed = load_scenario("binding_charter", {"institutions.waico.rival_pressure": 2})
    found = compare(load_scenario("waic2025"), changed, seed=1, replicates=6)
    rows = dict(page.eval_on_selector_all(".waico-paired tbody tr", "all => all.map(r => [r.cells[0].innerText, [r.cells[1].innerText, r.cells[2].innerText]])"))
    signed = found.measures.query("institution == 'waico' and measure == 'signed'").iloc[0]
    assert rows["states that signed"] == [f"{signed['a']:.1f}", f"{signed['b']:.1f}"]
    says(page, "institutions.waico.rival_pressure")
    assert page.locator("#figure-difference .waico-state").count() == 193
    with zipfile.ZipFile(io.BytesIO(save(page, "Tables CSV"))) as archive:
        assert archive.read("states.csv").decode() == found.states.to_csv(index=False, lineterminator="\n")
    page.locator("#field-body").select_option("us_coalition")
    says(page, "Members of us_coalition")


def test_a_sweep_is_explored_down_to_a_run(page: Any, address: str, folder: Path) -> None:
    visit(page, address)
    view(page, "Explore")
    says(page, "No sweep is open")
    for wrong, told in (("kept/empty", "kept/empty"), ("../..", "outside"), ("kept/run", "run")):
        page.locator("#field-folder").fill(wrong)
        page.locator("#field-folder").press("Enter")
        page.wait_for_function("told => document.querySelector('[role=alert]')?.innerText.includes(told)", arg=told)
    page.locator("#field-sweep").select_option("kept/sweep")
    page.wait_for_selector("#figure-shares")
    page.locator("#field-outcome").select_option("no_text")
    says(page, "Share of runs: no text")
    page.wait_for_selector("#figure-bars", timeout=2 * PATIENCE)
    page.wait_for_selector("#figure-box", timeout=2 * PATIENCE)
    sweep = open_sweep(folder / "kept/sweep")
    of_rule = sweep.runs.assign(hit=sweep.runs["outcome"] == "no_text").groupby("institutions.waico.adoption.rule")["hit"]
    page.locator("#field-x").select_option("institutions.waico.adoption.rule")
    page.locator("#field-y").select_option("institutions.waico.adoption.rule")
    page.wait_for_function("document.querySelectorAll('.waico-cell').length === 3")
    labels = page.eval_on_selector_all(".waico-cell", "all => all.map(x => x.getAttribute('aria-label'))")
    for rule, hits in of_rule:
        assert any(f"{rule}: {100 * hits.mean():.0f}% of {len(hits)} runs" in label for label in labels), (rule, labels)
    page.locator(".waico-cell").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".waico-runs tbody tr")
    first = page.locator(".waico-runs tbody tr").nth(2)
    sample, replicate, outcome = first.locator("td").all_inner_texts()[:3]
    first.get_by_role("button").click()
    page.wait_for_selector(STATE)
    button(page, "Save and open").click()
    link = page.get_by_label("Link that restores this view").input_value()
    assert f"replicate={replicate}" in link or replicate == "0"
    watched = Session.from_query(link.partition("?")[2])
    assert watched.whole_run().outcomes["outcome"].iloc[-1].replace("_", " ") == outcome
    assert watched.changes["institutions.waico.opening.enforcement"] == sweep.plan.samples.iloc[int(sample), 0]


def test_the_runs_of_a_sweep_of_an_own_scenario_have_no_link(page: Any, address: str) -> None:
    visit(page, address)
    view(page, "Explore")
    page.locator("#field-sweep").select_option("kept/own")
    page.wait_for_selector(".waico-cell")
    page.locator(".waico-cell").first.click()
    page.wait_for_selector(".waico-runs tbody tr")
    assert page.locator(".waico-runs button").count() == 0


def test_a_saved_run_is_replayed(page: Any, address: str, folder: Path) -> None:
    visit(page, address)
    view(page, "Replay")
    says(page, "No run is open")
    for wrong, told in (("kept/sweep", "kept/sweep"), ("/etc", "outside"), ("nothing", "is no folder")):
        page.locator("#field-folder").fill(wrong)
        page.locator("#field-folder").press("Enter")
        page.wait_for_function("told => document.querySelector('[role=alert]')?.innerText.includes(told)", arg=told)
    page.locator("#field-run").select_option("kept/run")
    page.wait_for_selector(STATE)
    page.locator("#field-replicate").select_option("1")
    last = read_run(folder / "kept/run").rounds.query("replicate == 1")["round"].max()
    slide(page, "input[aria-label='Round to look at']", int(last))
    at_round(page, int(last))
    outcome = read_run(folder / "kept/run").outcomes["outcome"].iloc[1]
    says(page, f"Outcome: {outcome.replace('_', ' ')}")
    live = headless(int(last), seed=6, replicate=1)
    says(page, live.headline())
    button(page, "Back").click()
    at_round(page, int(last) - 1)
    page.locator("[data-code=KEN]").click()
    says(page, "Kenya, round")


def test_the_live_run_is_kept_while_other_views_are_looked_at(page: Any, address: str) -> None:
    visit(page, address)
    step(page, 1)
    step(page, 2)
    view(page, "Replay")
    says(page, "No run is open")
    view(page, "Live")
    at_round(page, 2)


# sizes and numbers of visitors


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180), (1180, 820)])
def test_nothing_is_cut_off_on_screens_of_use(page: Any, address: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    visit(page, address, "round=5&state=BRA")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("map", "charter", "curves", "network"):
        box = page.locator(f"#figure-{name}").bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width, name


def test_twenty_visitors_do_not_disturb_each_other(browser: Any, address: str) -> None:
    errors: list[str] = []
    context = browser.new_context()
    context.set_default_timeout(2 * PATIENCE)
    pages = [context.new_page() for _ in range(20)]
    for seed, page in enumerate(pages):
        watch(page, errors)
        page.goto(f"{address}/?seed={seed}")
    for page in pages:
        page.wait_for_selector(STATE)
    for number in range(1, 4):
        for page in pages:
            button(page, "Step").dispatch_event("click")   # all are asked before any is waited for
        for page in pages:
            at_round(page, number)
    slide(pages[3], "[id='field-institutions.waico.rival_pressure']", 3.0)
    says(pages[3], "from round 4: ")
    for seed, page in enumerate(pages):
        assert page.locator(".waico-headline").inner_text() == headless(3, seed=seed).headline(), seed
        assert ("from round 4: " in page.locator("body").inner_text()) == (seed == 3)
    context.close()
    assert errors == []


def test_the_page_is_bound_to_this_machine_alone(address: str) -> None:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    port = f"{int(address.rsplit(':', 1)[1]):04X}"
    listening = [line.split()[1] for line in lines if line.split()[3] == "0A" and line.split()[1].endswith(f":{port}")]
    assert listening == [f"0100007F:{port}"]


def test_other_sites_are_refused_and_every_answer_says_what_the_page_may_do(address: str) -> None:
    with urlopen(address) as answer:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    for stranger in ({"Host": "rebound.example"}, {"Origin": "https://elsewhere.example"}):
        with pytest.raises(HTTPError, match="403"):
            urlopen(Request(address, headers=stranger))


def test_a_connection_from_another_site_is_refused(address: str) -> None:
    client = pytest.importorskip("websockets.sync.client")
    from websockets.exceptions import InvalidStatus

    channel = f"{address.replace('http', 'ws')}/jupyter/api/kernels/{uuid4()}/channels?session_id=none"
    with client.connect(channel, origin=address):
        pass
    with pytest.raises(InvalidStatus) as refused:
        client.connect(channel, origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403
