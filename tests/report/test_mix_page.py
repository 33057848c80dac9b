"""The page of a mix: read back as a browser would."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.report.mix_data import FindingRow, MixReport, MixState
from bandmate.report.mix_page import mix_html
from bandmate.report.mix_record import mix_json
from bandmate.report.mix_wording import hertz_range, kind, listed, pair, place, width
from bandmate.song.findings import FindingKind
from tests.report.mix_samples import (
    buried_finding,
    empty_report,
    group,
    left_finding,
    masking,
    masking_finding,
    mix_report,
    rides,
    sections,
    track,
)
from tests.report.test_master_page import facts_of, is_told
from tests.report.test_page import NAUGHTY, Balance, cells, silent, words


@cache
def html(report: MixReport) -> str:
    return mix_html(report)


def read(report: MixReport) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(html(report))


def hostile() -> MixReport:
    finding = replace(
        masking_finding(),
        tracks=(NAUGHTY, NAUGHTY),
        where=NAUGHTY,
        sentence=NAUGHTY,
        hint=NAUGHTY,
        masking=masking(victim=NAUGHTY, masker=NAUGHTY),
    )
    return mix_report(
        title=NAUGHTY,
        findings=(finding,),
        tracks=(track(0, NAUGHTY, role=NAUGHTY, remarks=(NAUGHTY,)),),
        sections=(replace(sections()[0], name=NAUGHTY, end_seconds=80.0),),
        rides=(replace(rides()[0], track=NAUGHTY),),
        groups=(group(NAUGHTY),),
        locks=(NAUGHTY,),
        remarks=(NAUGHTY,),
        notes=(NAUGHTY,),
        how_to_review=(NAUGHTY,),
    )


def silent_report() -> MixReport:
    states = {key: MixState(label=key, measured=silent()) for key in ("was", "now")}
    return mix_report(**states, tracks=(), rides=(), lead=None, stereo=None, findings=(left_finding(1),), sections=())


REPORTS = {
    "everything": mix_report(groups=(group(), group("Masking: Lead Vox and Pad"))),
    "no finding": mix_report(findings=(), other_moves=(), moves_made=()),
    "no sections and no bars": mix_report(sections=(), bar_seconds=(), tempo_bpm=None),
    "24 tracks": mix_report(tracks=tuple(track(i, f"Track {i}") for i in range(24))),
    "one track": mix_report(tracks=(track(0, "Voice"),), lead=None),
    "nothing": empty_report(),
    "silence": silent_report(),
    "hostile": hostile(),
}


@pytest.fixture(params=REPORTS, ids=str)
def any_report(request: pytest.FixtureRequest) -> MixReport:
    return REPORTS[request.param]


def test_a_page_is_well_formed(any_report: MixReport) -> None:
    balance = Balance()
    balance.feed(html(any_report))
    balance.close()
    assert balance.open == []


def test_ids_are_unique_and_every_reference_finds_one(any_report: MixReport) -> None:
    page = read(any_report)
    ids = Counter(page.xpath("//@id"))
    assert [name for name, count in ids.items() if count > 1] == []
    named = page.xpath("//@aria-labelledby") + page.xpath("//label/@for")
    links = {link[1:] for link in page.xpath("//a/@href")}
    known = set(ids) | {f"finding-{number}" for row in any_report.tracks for number in row.findings}
    assert set(named) <= set(ids) and links <= known


def test_a_page_asks_for_nothing_outside_itself(any_report: MixReport) -> None:
    text = html(any_report)
    page = lxml.html.document_fromstring(text)
    sources = page.xpath("//@src | //@href | //@srcset | //@data | //@action | //@poster | //@background")
    assert all(source.startswith(("#", "data:")) for source in sources)
    assert not re.search(r"url\(|@import", page.xpath("string(//style)"))
    assert not re.search(r"https?://", text)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    for tag in ("style", "script"):
        inside = page.xpath(f"//{tag}")
        digest = base64.b64encode(hashlib.sha256(inside[0].text.encode()).digest()).decode() if inside else ""
        assert f"{tag}-src 'sha256-{digest}" in policy
    assert page.xpath("//@style") == []


def test_landmarks_headings_and_tables_are_there_for_a_screen_reader(any_report: MixReport) -> None:
    page = read(any_report)
    assert [len(page.xpath(f"//{tag}")) for tag in ("h1", "main", "nav")] == [1, 1, 1]
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in page.xpath("//table"):
        assert len(table.xpath("caption")) == 1
        assert all(th.get("scope") in ("row", "col") for th in table.xpath(".//th"))
        width = len(table.xpath("thead/tr/*"))
        assert {len(row) for row in table.xpath("tbody/tr")} <= {width}
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.xpath("//svg[@class]"))
    assert all(region.get("aria-labelledby") for region in page.xpath("//*[@role='region']"))


def test_names_with_markup_in_them_are_only_names() -> None:
    page = read(hostile())
    assert len(page.xpath("//script")) == 1 and page.xpath("//img") == []
    assert page.xpath("//h1/bdi")[0].text_content() == NAUGHTY
    assert page.xpath("//h3[@id='finding-1']/bdi")[0].text_content() == f"Masking: {NAUGHTY} and {NAUGHTY}"
    assert any(NAUGHTY in label for label in page.xpath("//svg/@aria-label"))
    assert words(page.xpath("//main")[0]).count("<script>") >= 10
    page = read(mix_report(title="bad \udcff\x00 name"))
    assert page.xpath("string(//h1)") == "bad \ufffd\ufffd name"


def test_every_number_on_the_page_is_in_the_json() -> None:
    report = mix_report(groups=(group(),))
    facts = list(facts_of(json.loads(mix_json(report))))
    numbers = [float(fact) for fact in facts if not isinstance(fact, str)]
    texts = " ".join(fact for fact in facts if isinstance(fact, str)).replace("−", "-")
    page = read(report)
    for element in page.xpath("//svg | //script | //style | //ul[@class='legend'] | //*[contains(@class,'deck')]"):
        element.drop_tree()
    fixed = re.compile(r"below 120 Hz|than 6 dB|most 6 dB|by 5 seconds|point is 3 seconds|Loudest 3 seconds|answer 2")
    tokens = 0
    for piece in (piece for part in page.xpath("//body/header | //main") for piece in part.itertext()):
        text = fixed.sub("", " ".join(piece.split()).replace("\u00a0", " ").replace("−", "-"))
        text = re.sub(r"\b(\d+):(\d\d\.\d)", lambda m: f"{60 * int(m[1]) + float(m[2]):.1f}", text)
        for token in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])", text):
            tokens += 1
            assert is_told(token, numbers, texts), (token, text)
    assert tokens > 150


def test_the_head_counts_findings_and_moves() -> None:
    lines = [words(line) for line in read(mix_report()).xpath("//p[@class='mix-head']")]
    assert lines == [
        "P1 3 findings; 4 moves: 1 accepted, 2 open, 1 stale.",
        "-19.6 → -18.9 LUFS, true peak -3.12 → -3.40 dBTP, 120.0 bpm.",
    ]


def test_both_states_stand_side_by_side() -> None:
    rows = {row[0]: row[1:] for row in cells(read(mix_report()), "numbers")}
    assert rows["Loudness"] == ["-19.6 LUFS", "-18.9 LUFS", "+0.7 LU"]
    assert rows["Width, side over mid"] == ["-11.4 dB", "-10.1 dB", "+1.3 dB"]
    assert rows["Correlation"] == ["0.83", "0.80", "-0.03"]
    mono = mix_report(was=replace(mix_report().was, stereo=replace(mix_report().was.stereo, width_db=-math.inf)))
    assert {row[0]: row for row in cells(read(mono), "numbers")}["Width, side over mid"][1:] == [
        "mono",
        "-10.1 dB",
        "–",
    ]


def test_a_finding_says_where_what_and_how_sure_it_is() -> None:
    card = read(mix_report()).xpath("//article[@aria-labelledby='finding-1']")[0]
    assert words(card.xpath("header")[0]) == ("1 Masking: Lead Vox and Pad open 83 % sure bars 17–26, 820–2350 Hz")
    assert words(card.xpath("p[@class='listen-for']")[0]).startswith("To hear it: listen to Lead Vox in the first")
    assert words(card.xpath("dl//dd")[0]).startswith("61 % without, 27 % with")
    answers = card.xpath("ol[@class='answers']/li")
    assert [words(li.xpath("h4")[0]) for li in answers] == ["What answers it", "Or instead: answer 2"]
    assert [words(li.xpath("p")[0]).split(": ")[1] for li in answers] == [
        "61 % → predicted 27 %, measured 28 %",
        "61 % → predicted 31 %, measured 34 %",
    ]
    assert [words(th) for th in answers[0].xpath(".//table/thead/tr/th")] == [
        "measured",
        "before",
        "predicted",
        "after",
    ]
    assert [words(h) for h in card.xpath("figure//h4")] == [
        "What Pad takes of Lead Vox",
        "Spectrum of Lead Vox and Pad",
    ]


def test_what_became_of_a_finding_is_said() -> None:
    page = read(mix_report())
    assert [words(state) for state in page.xpath("//article[contains(@class,'finding')]/header/*[2+1]")] == [
        "open",
        "answered",
        "no move answers it",
    ]
    assert (
        words(page.xpath("//article[@aria-labelledby='move-2']//p[@class='why']")[0]) == "there is a trim there already"
    )


def test_no_finding_is_said() -> None:
    page = read(REPORTS["no finding"])
    assert words(page.xpath("//section[@id='findings']/p")[0]) == "Nothing was measured outside its tolerance."
    assert words(page.xpath("//p[@class='mix-head']")[0]) == "P1 No finding; no move."
    assert "No move is accepted or open: this is the song as it is." in words(page)
    assert page.xpath("//*[@id='moves']") == []
    assert "No track plays anything." in words(read(empty_report()))


def test_where_nothing_is_moved_everything_is_said_once() -> None:
    page = read(mix_report(moves_made=()))
    assert cells(page, "numbers")[0] == ["Loudness", "-18.9 LUFS"]
    assert page.xpath("//*[contains(@class,'line c0') or contains(@class,'density c0')]") == []
    chart = page.xpath("//article[@aria-labelledby='finding-1']/figure[1]")[0]
    assert [words(t) for t in chart.xpath(".//*[contains(@class,'lane')]")] == ["the song as it is"]
    assert [words(li) for li in page.xpath("//article[@aria-labelledby='finding-1']/figure[2]//ul/li")] == [
        "Lead Vox",
        "Pad",
        "820–2350 Hz",
    ]
    lost = page.xpath("//figure[.//h3='What is hidden, and when']")[0]
    assert len(lost.xpath(".//*[@class='cells']")) == 3
    assert page.xpath("//section[@id='plots']//*[@class='legend']") == []


def test_a_map_is_shaded_framed_and_put_into_words() -> None:
    chart = read(mix_report()).xpath("//article[@aria-labelledby='finding-1']/figure[1]")[0]
    assert [words(li) for li in chart.xpath(".//ul/li")] == [
        "under 10 %",
        "10–25 %",
        "25–40 %",
        "40–60 %",
        "60–80 %",
        "from 80 % on",
    ]
    assert len(chart.xpath(".//*[@class='place']")) == 2
    assert len(chart.xpath(".//*[@class='begin']")) == 4
    label = chart.xpath(".//svg/@aria-label")[0]
    assert re.search(r"Most is lost without the moves: \d+\u00a0% at \d+\u00a0Hz, 0:\d\d\.\d; with them: \d+", label)
    assert [words(t) for t in chart.xpath(".//*[contains(@class,'below')]")] == ["1", "9", "17", "25", "33", "41"]
    without = read(REPORTS["no sections and no bars"]).xpath("//article[@aria-labelledby='finding-1']/figure[1]")[0]
    assert words(without.xpath(".//*[contains(@class,'below')]")[1]) == "0:10"


def test_charts_over_time_share_one_axis_and_curves_stay_inside() -> None:
    page = read(mix_report())
    assert set(page.xpath("//*[@class='playhead']/@data-seconds")) == {"83.200"}
    assert len(page.xpath("//*[@class='playhead']")) == 7
    for path in page.xpath("//svg[contains(@class,'plot')]//path[contains(@class,'line')]/@d"):
        xs = [float(x) for x, _ in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
        assert min(xs) >= 0 and max(xs) <= 1000


def test_a_section_too_short_for_its_name_goes_without() -> None:
    short = (replace(sections()[0], name="a name much longer than its section"), *sections()[1:])
    figure = read(mix_report(sections=short)).xpath("//section[@id='plots']//figure[.//h3='Loudness over time']")[0]
    assert [words(t) for t in figure.xpath(".//*[contains(@class,'section')]")] == [
        "",
        "verse",
        "chorus",
        "verse",
        "chorus",
    ]


def test_tracks_say_both_numbers_only_where_they_differ() -> None:
    rows = {row[0]: row[1:] for row in cells(read(mix_report()), "tracks")}
    assert rows["Lead Vox"][:3] == [
        "rolelead vocal 95 % sure",
        "loudness, LUFS-24.4 → -22.9",
        "can be heard, %42 → 57",
    ]
    assert rows["Lead Vox"][4:6] == ["pan30 % left", "true peak, dBTP-7.3"]
    assert rows["Kick"][8] == "width, dBmono"
    assert rows["Spare take muted"][1:3] == ["loudness, LUFS–", "can be heard, %–"]
    assert read(mix_report()).xpath("//bdi[@class='locked-track']/text()") == ["Kick"]
    assert read(mix_report()).xpath("//table[contains(@class,'tracks')]//a/@href") == [
        "#finding-1",
        "#finding-2",
        "#finding-1",
    ]


def test_faders_that_move_are_drawn_and_listed_by_section() -> None:
    page = read(mix_report())
    figure = page.xpath("//figure[.//h3='Faders over the song']")[0]
    assert [words(t) for t in figure.xpath(".//*[contains(@class,'lane')]")] == ["Lead Vox", "Pad"]
    rows = [row for row in cells(page, "parts") if row[0] == "Pad"]
    assert rows == [["Pad", *["2.0 → -1.0 dB"] * 5]]
    assert read(mix_report(rides=())).xpath("//figure[.//h3='Faders over the song']") == []


def test_each_pair_has_its_own_transport_and_may_be_heard_blindly() -> None:
    page = read(REPORTS["everything"])
    assert len(page.xpath("//audio")) == 4
    assert len(page.xpath("//button[@class='blind']")) == 2
    assert page.xpath("//*[contains(@class,'players')]/@data-start") == ["30.000"] * 2
    assert page.xpath("//*[contains(@class,'players')]/@data-song") == ["83.200"] * 2
    assert "moves 1 and 3; the second is +0.02 LU against the first." in words(page.xpath("//section[@id='listen']")[0])
    assert page.xpath("//button[not(ancestor::*[@class='transport'])]") == []
    assert read(mix_report()).xpath("//script | //*[@id='listen'] | //a[@href='#listen']") == []


def test_silence_is_a_word_and_the_unknown_a_dash() -> None:
    page = read(silent_report())
    assert cells(page, "numbers")[1][1:3] == ["silence", "silence"]
    assert not re.search(r"\b(nan|inf|None)\b", words(page.xpath("//main")[0]))


def test_equal_data_gives_equal_bytes_and_no_date() -> None:
    assert mix_html(mix_report()) == mix_html(mix_report())
    foot = words(read(mix_report()).xpath("//footer[@class='page-foot']/p")[0])
    assert foot == "Bandmate 0.1.0. The assistant proposes; the musician decides."


@pytest.mark.parametrize("name", ["low-end-conflict", "masking", "too-much-room", "dual-mono"])
def test_kinds_are_spoken(name: FindingKind) -> None:
    spoken = kind(replace(left_finding(), kind=name))
    assert spoken[0].isupper() and (name == "low-end-conflict") == ("-" in spoken)


def test_places_and_ranges_are_spoken() -> None:
    row: FindingRow = replace(buried_finding(), low_hz=None)
    assert place(row) == "all through the song"
    assert hertz_range(2640.0, 4182.0) == "2.6–4.2\u00a0kHz"
    assert hertz_range(60.4, 180.0) == "60–180\u00a0Hz"
    assert (listed(()), listed(("a",)), listed(("a", "b", "c"))) == ("", "a", "a, b and c")
    assert width(track(0, "x", channels=1)) == "mono"


@given(
    st.one_of(st.none(), st.floats(-90, 20), st.just(-math.inf)),
    st.one_of(st.none(), st.floats(-90, 20), st.just(-math.inf)),
)
def test_a_pair_is_one_text_or_two(was: float | None, now: float | None) -> None:
    said = pair(was, now, "dB")
    assert ("→" in said) == (pair(was, was, "dB") != pair(now, now, "dB"))
    assert "nan" not in said and "inf" not in said
