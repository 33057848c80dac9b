"""The page of a master: read back as a browser would."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise

import lxml.html
import pytest

from bandmate.report.data import FileRow, GainReduction, Measured, Player, ProposalPart
from bandmate.report.master_data import LimiterWork, MasterReport, StageRow, ToneCurves, ToneSide
from bandmate.report.master_page import master_html
from bandmate.report.master_record import master_json
from tests.report.master_samples import album, alternatives, heard, lone_master, master, master_report, stages
from tests.report.samples import players
from tests.report.test_page import NAUGHTY, Balance, cells, silent, words


@cache
def html(report: MasterReport) -> str:
    return master_html(report)


def read(report: MasterReport) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(html(report))


def nothing_heard() -> MasterReport:
    quiet = master(after=silent(), stages=(StageRow(name="tone", state="not needed"),), tone=None, stereo=None)
    work = LimiterWork(history=GainReduction(seconds=(), reduction_db=()))
    return master_report(before=silent(), masters=(replace(quiet, limiter=work, history=None),))


def hostile() -> MasterReport:
    part = master(NAUGHTY, direction=NAUGHTY, remarks=(NAUGHTY,), files=(FileRow(name=NAUGHTY, what="x", kind="WAV"),))
    history = part.history
    assert history is not None
    section = replace(history.sections[0], name=NAUGHTY)
    part = replace(part, history=replace(history, sections=(section,)))
    known = master_report()
    return master_report(
        title=NAUGHTY,
        before_label=NAUGHTY,
        masters=(part,),
        references=(replace(known.references[0], name=NAUGHTY, file=NAUGHTY),),
        services=tuple(replace(row, service=NAUGHTY, codec=NAUGHTY, origin=NAUGHTY) for row in known.services),
        codecs=(replace(known.codecs[0], codec=NAUGHTY, master=NAUGHTY),),
        translation=(replace(known.translation[0], place=NAUGHTY, files=(NAUGHTY,)),),
        album=replace(album(), title=NAUGHTY),
        remarks=(NAUGHTY,),
        how_to_review=(NAUGHTY,),
    )


REPORTS = {
    "two targets": master_report(players=players(), album=album()),
    "three alternatives": alternatives(),
    "no reference": lone_master(),
    "no master": MasterReport(title="x", made_with="y", before=silent()),
    "silence": nothing_heard(),
    "hostile": hostile(),
}


@pytest.fixture(params=REPORTS, ids=str)
def any_report(request: pytest.FixtureRequest) -> MasterReport:
    return REPORTS[request.param]


def test_a_page_is_well_formed(any_report: MasterReport) -> None:
    balance = Balance()
    balance.feed(html(any_report))
    balance.close()
    assert balance.open == []


def test_ids_are_unique_and_every_reference_finds_one(any_report: MasterReport) -> None:
    page = read(any_report)
    ids = Counter(page.xpath("//@id"))
    assert [name for name, count in ids.items() if count > 1] == []
    named = page.xpath("//@aria-labelledby") + page.xpath("//label/@for")
    assert set(named) | {link[1:] for link in page.xpath("//a/@href")} <= set(ids)


def test_a_page_asks_for_nothing_outside_itself(any_report: MasterReport) -> None:
    text = html(any_report)
    page = lxml.html.document_fromstring(text)
    sources = page.xpath("//@src | //@href | //@srcset | //@data | //@action | //@poster | //@background")
    assert all(source.startswith(("#", "data:")) for source in sources)
    assert not re.search(r"url\(|@import", page.xpath("string(//style)"))
    assert not re.search(r"https?://", text)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    style = base64.b64encode(hashlib.sha256(page.xpath("string(//style)").encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{style}'" in policy
    assert page.xpath("//@style") == []


def test_landmarks_headings_and_tables_are_there_for_a_screen_reader(any_report: MasterReport) -> None:
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


def test_a_table_that_is_stacked_on_a_telephone_says_its_roles() -> None:
    page = read(master_report())
    for table in page.xpath("//table[@role]"):
        assert (
            table.xpath("thead/tr/*[not(@role)] | tbody/tr/*[not(@role)] | tbody[not(@role)] | */tr[not(@role)]") == []
        )
    assert len(page.xpath("//table[@role]")) == 6


def test_each_master_is_one_line_at_the_top() -> None:
    lines = [words(line) for line in read(master_report()).xpath("//ul[@class='results']/li")]
    assert lines == [
        "Spotify: -14.0 LUFS, -1.06 dBTP on the loudness target 0.04 dB under the ceiling",
        "competitive: -9.0 LUFS, -1.06 dBTP on the loudness target 0.04 dB under the ceiling",
    ]


def test_a_missed_target_is_said() -> None:
    missed = master(lufs=-14.6, after=replace(master().after, integrated_lufs=-14.6, true_peak_16x_dbtp=-0.9))
    found = read(master_report(masters=(missed,))).xpath("//ul[@class='results']//*[contains(@class,'verdict')]")
    assert [words(v) for v in found] == ["0.60 LU quieter than the target", "0.10 dB over the ceiling"]
    assert all("missed" in v.get("class") for v in found)


def test_numbers_stand_side_by_side_with_their_change_and_what_was_asked() -> None:
    rows = cells(read(alternatives()), "overview")
    assert [cell.replace("night bus mix.wav ", "") for cell in rows[0]] == [
        "Loudness",
        "-23.3 LUFS",
        "open -15.0 LUFS +8.3 LU asked: -15.0 LUFS",
        "dense -14.0 LUFS +9.3 LU asked: -14.0 LUFS",
        "dark -13.0 LUFS +10.3 LU asked: -13.0 LUFS",
    ]
    assert rows[2][2:] == ["open 6.3 LU 0.0 LU", "dense 6.3 LU 0.0 LU", "dark 6.3 LU 0.0 LU"]


def test_a_stage_says_target_was_and_is_in_one_row() -> None:
    page = read(lone_master())
    rows = {row[0]: row for row in cells(page, "stages")}
    tone = rows["tone on strength 60 %"]
    assert tone[1:4] == ["inside the tolerance, at most 1.20 dB", "2.31 dB", "0.94 dB"]
    assert tone[4].startswith("The low mids stood 3.1 dB over the references")
    assert "Measured: mean distance from the target curve, mid, 63 Hz to 12.5 kHz." in tone[4]
    assert "band 1: -2.4 dB at 280 Hz, Q 0.9, mid" in tone[4]
    assert rows["repair on strength 100 %"][2] == "0.0041 % of full scale"
    assert rows["soft clip locked"][1:4] == ["–", "–", "–"]
    assert rows["width off by request strength 0 %"][1:4] == ["–", "-11.62 dB", "-11.62 dB"]
    assert "multiband dynamics not needed strength 40 %" in rows


def test_every_number_of_the_stage_table_is_in_the_json() -> None:
    report = master_report()
    said = json.loads(master_json(report))["masters"]
    for part, table in zip(said, read(report).xpath("//table[contains(@class,'stages')]"), strict=True):
        shown = [[words(cell) for cell in row.xpath("td")[:3]] for row in table.xpath("tbody/tr")]
        for stage, row in zip(part["stages"], shown, strict=True):
            for key, cell in zip(("target", "was", "now"), row, strict=True):
                numbers = re.findall(r"-?\d+(?:\.\d+)?", cell)
                assert len(numbers) == (stage[key] is not None), cell
                assert [float(n) for n in numbers] == pytest.approx([stage[key]] if numbers else [], abs=0.005)


def facts_of(value: object, key: str = "") -> Iterator[float | str]:
    """Every single number and text of a JSON value; curves stay out but those that the page quotes."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from facts_of(item, name)
    elif isinstance(value, list):
        is_curve = len(value) > 12 and not isinstance(value[0], dict)
        if not is_curve or key in ("noise_db", "band_hz"):
            for item in value:
                yield from facts_of(item, key)
    elif isinstance(value, float | int | str):
        yield value


def is_told(token: str, numbers: list[float], texts: str) -> bool:
    if token in texts:
        return True
    step = 0.5 * 10.0 ** -len(token.partition(".")[2]) + 0.0051
    return any(abs(abs(n) * scale - abs(float(token))) <= step for n in numbers for scale in (1.0, 100.0, 0.001))


def test_every_number_in_any_table_is_in_the_json() -> None:
    report = master_report(album=album())
    facts = list(facts_of(json.loads(master_json(report))))
    numbers = [float(fact) for fact in facts if not isinstance(fact, str)]
    texts = " ".join(fact for fact in facts if isinstance(fact, str)).replace("−", "-")
    tokens = 0
    for cell in read(report).xpath("//main//td"):
        text = re.sub(r"\b(\d+):(\d\d\.\d)", lambda m: f"{60 * int(m[1]) + float(m[2]):.1f}", words(cell))
        for token in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text):
            tokens += 1
            assert is_told(token, numbers, texts), (token, words(cell))
    assert tokens > 300


def test_nothing_is_put_before_anything_else() -> None:
    page = read(alternatives())
    for element in page.xpath("//style | //script"):
        element.drop_tree()
    told = words(page) + " ".join(page.xpath("//@aria-label | //@title"))
    assert not re.search(r"\b(best|recommend\w*|rank\w*|winner|score\w*|favou?rite|better|top)\b", told, re.IGNORECASE)
    assert "Three masters that differ in a stated direction. Their order says nothing" in told
    assert "Wider and less dense: 2 LU quieter, dynamics at half the strength." in told


def test_a_master_without_a_reference_says_so() -> None:
    page = read(lone_master())
    assert "No reference was given: only measured faults were looked for." in words(page.xpath("//header")[0])
    assert page.xpath("//*[@id='references'] | //*[contains(@class,'band') and self::path]") == []
    assert page.xpath("//a[@href='#services'] | //a[@href='#codecs'] | //a[@href='#translation']") == []


def test_no_master_is_said() -> None:
    page = read(REPORTS["no master"])
    assert words(page.xpath("//p[@class='result']")[0]) == "No master was made."


def test_silence_is_a_word_and_the_unknown_a_dash() -> None:
    page = read(nothing_heard())
    rows = cells(page, "overview")
    assert rows[0][2] == "Spotify – – asked: -14.0 LUFS"
    assert rows[1][1].endswith("silence")
    assert not re.search(r"\b(nan|inf|None)\b", words(page.xpath("//main")[0]))
    assert [words(h) for h in page.xpath("//figure//h3")] == ["Waveform"]


def test_names_with_markup_in_them_are_only_names() -> None:
    page = read(hostile())
    assert page.xpath("//script | //img") == []
    assert page.xpath("//h1/bdi")[0].text_content() == NAUGHTY
    assert page.xpath("//section[@class='master']/h2/bdi")[0].text_content() == NAUGHTY
    assert any(NAUGHTY in label for label in page.xpath("//svg/@aria-label"))
    assert [text.text_content() for text in page.xpath("//*[contains(@class,'section') and name()='text']")] == [
        f"{NAUGHTY} +0.6\u00a0dB"
    ]
    told = words(page.xpath("//main")[0])
    assert told.count("<script>") >= 12
    page = read(master_report(title="bad \udcff\x00 name"))
    assert page.xpath("string(//h1)") == "bad \ufffd\ufffd name"


def test_charts_of_a_master_stand_in_their_order_and_stay_inside() -> None:
    page = read(master_report())
    assert [words(h) for h in page.xpath("//section[@id='master-1']//figure//h3")] == [
        "Mid against the target",
        "Side against the target",
        "What the equalizer does",
        "Loudness over time",
        "Ride",
        "What the limiter did",
        "Width",
        "Correlation",
        "Stereo picture",
        "Waveform",
    ]
    assert set(page.xpath("//*[@class='playhead']/@data-seconds")) == {"83.200"}
    for path in page.xpath("//svg[contains(@class,'plot')]//path/@d"):
        xs = [float(x) for x, _ in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
        assert min(xs) >= 0
        assert max(xs) <= 1000


def test_the_tolerance_lies_behind_the_target_curve() -> None:
    page = read(master_report())
    chart = page.xpath("//section[@id='master-1']//figure[.//h3='Mid against the target']")[0]
    kinds = [shape.get("class") for shape in chart.xpath(".//svg//path")]
    assert kinds == ["band", "line goal", "line c0", "line c1"]
    assert [words(item) for item in chart.xpath(".//ul/li")] == [
        "night bus mix.wav",
        "Spotify",
        "the two references",
        "tolerance",
    ]


def test_the_hardest_moments_are_named_and_numbered_in_the_chart() -> None:
    page = read(master_report())
    chart = page.xpath("//section[@id='master-1']//figure[.//h3='What the limiter did']")[0]
    assert [words(item) for item in chart.xpath(".//ol/li")] == [
        "7.4 dB at bar 33 (1:02.3)",
        "6.8 dB at bar 34 (1:03.9)",
        "5.9 dB at bar 17 (0:31.0)",
    ]
    assert sorted(chart.xpath(".//*[contains(@class,'pin-number')]/text()")) == ["1", "2", "3"]
    assert "7.4\u00a0dB at bar 33" in chart.xpath(".//svg/@aria-label")[0]


def test_sections_are_named_above_the_loudness_and_listed_with_their_ride() -> None:
    page = read(master_report())
    chart = page.xpath("//section[@id='master-1']//figure[.//h3='Loudness over time']")[0]
    named = [words(text) for text in chart.xpath(".//*[contains(@class,'tick section')]")]
    assert named == ["verse +0.6 dB", "chorus -0.4 dB", "verse +0.6 dB", "chorus -0.4 dB", "end"]
    table = page.xpath("//section[@id='master-1']//div[@aria-labelledby='sections-1']//tbody/tr")[1]
    assert [words(cell) for cell in table] == [
        "chorus", "0:25.0", "0:45.8", "-19.9 LUFS", "-12.1 LUFS", "-0.4 dB", "1.92 s",
    ]  # fmt: skip


def test_without_tone_curves_the_two_spectra_are_compared() -> None:
    page = read(master_report(masters=(master(tone=None),)))
    assert "The first is drawn +9.3 dB, to compare at equal loudness." in words(page)
    empty = master(tone=ToneCurves(mid=ToneSide()))
    assert words(read(master_report(masters=(empty,))).xpath("//figure//h3")[0]) == "Loudness over time"


def test_services_show_every_master_side_by_side() -> None:
    rows = cells(read(master_report()), "services")
    assert rows[0] == [
        "Spotify plays at -14.0 LUFS, AAC 256 kbit/s support page (read 2026-11-21), official",
        "Spotify 0.0 dB → gives -14.0 LUFS clean "
        "peak -0.27 dBTP encoded, -0.27 dBTP played; headroom 0.27 dB Played as it is; nothing clips.",
        "competitive -5.0 dB → gives -14.0 LUFS clips "
        "peak 0.31 dBTP encoded, -4.67 dBTP played; headroom 4.67 dB The decoder clips by 0.31 dB.",
    ]
    assert rows[3][0].startswith("Bandcamp plays as it is")
    one = replace(master_report().services[0], results=master_report().services[0].results[:1])
    assert cells(read(master_report(services=(one,))), "services")[0][2] == "competitive –"


def test_codecs_show_what_they_add_by_band() -> None:
    page = read(master_report())
    rows = cells(page, "codecs")
    assert rows[0][:4] == ["AAC 256 kbit/s", "Spotify", "-14.1 LUFS -0.02 LU", "-0.83 dBTP +0.21 dB"]
    assert rows[1][0] == "Vorbis q5"
    assert rows[2][5] == "clips A ceiling of -1.30 dBTP would keep it clean."
    bars = page.xpath("//svg[@class='noise']")
    assert [len(svg.xpath(".//*[name()='rect']")) for svg in bars] == [31, 31, 31]
    assert bars[0].get("aria-label").startswith("Noise of AAC 256\u00a0kbit/s by band, at most −35.0\u00a0dB at 20159")


def test_masters_of_one_place_stand_together() -> None:
    rows = cells(read(master_report()), "translation")
    assert [row[:2] for row in rows] == [
        ["mono", "Spotify"],
        ["mono", "competitive"],
        ["phone speaker", "Spotify"],
        ["phone speaker", "competitive"],
    ]
    assert "loudness against stereo: -0.92 LU → -1.10 LU" in rows[0][2]
    assert "lowest band correlation (8 kHz): 0.21 → 0.18, target 0" in rows[0][2]


def test_an_album_lists_its_tracks_in_their_order() -> None:
    page = read(master_report(album=album()))
    section = page.xpath("//section[@id='album']")[0]
    rows = [[words(cell) for cell in row] for row in section.xpath(".//tbody/tr")]
    assert rows[0] == [
        "1", "Night bus 01 Night bus.wav", "3:17.0", "-21.0 LUFS", "-13.6 LUFS", "+7.4 dB", "-1.10 dBTP", "0.4 dB",
        "2.00 s", "GBAYE2600001",
    ]  # fmt: skip
    assert rows[2][8] == "–"
    assert "one gain for all: +7.4 dB; tone drift bounded at 1.5 dB." in words(section.xpath("p")[0])


def test_references_show_their_weights_and_their_loud_parts() -> None:
    section = read(master_report()).xpath("//section[@id='references']")[0]
    row = [words(cell) for cell in section.xpath(".//tbody/tr")[0]]
    assert row[:5] == ["Harbour Harbour.flac", "60 %", "40 %", "0 %", "40 %"]
    assert row[9] == "-8.2 LUFS in 31 % of it"


def test_the_source_stands_first_among_the_files_with_its_numbers() -> None:
    section = read(master_report()).xpath("//section[@id='files']")[0]
    row = [words(cell) for cell in section.xpath(".//tbody/tr")[0]]
    assert row[0] == "night bus mix.wav the mix as it came"
    assert row[2:4] == ["-23.3 LUFS", "-6.83 dBTP"]


def test_the_page_starts_with_the_player_that_was_asked_for() -> None:
    third = Player(label="reference", mime="audio/mpeg", data=b"c", gain_db=-4.0, loudness_lufs=-10.0)
    page = read(master_report(players=(*players(), third), first_heard=1))
    assert page.xpath("//button[@aria-pressed='true']/@data-pick") == ["1"]
    assert len(page.xpath("//audio[@controls]")) == 3
    assert len(page.xpath("//script")) == 1
    assert read(master_report()).xpath("//script | //*[@id='listen']") == []


def test_details_of_stages_are_folded_for_the_moves_show_them_openly() -> None:
    for report in (lone_master(), master_report()):
        assert read(report).xpath("//table[contains(@class,'stages')]//details[@open]") == []


def test_a_proposal_without_moves_keeps_its_remarks() -> None:
    part = ProposalPart(id="P1", stage="master", title="Master", remarks=("The reference is the file itself.",))
    told = words(read(master_report(masters=(master(proposal=part),))))
    assert "No moves." in told
    assert "The reference is the file itself." in told


def test_equal_data_gives_equal_bytes_and_no_date() -> None:
    first = master_html(master_report())
    heard.cache_clear()
    assert master_html(master_report()) == first
    foot = words(read(master_report()).xpath("//footer[@class='page-foot']/p")[0])
    assert foot == "Bandmate 0.1.0. The assistant proposes; the musician decides."
    dated = master_report(created_at="22 November 2026")
    assert "Bandmate 0.1.0, 22 November 2026." in words(read(dated))


def test_a_mono_master_of_one_second_is_shown() -> None:
    short = Measured(integrated_lufs=-12.0, seconds=1.0, rate_hz=8000, channels=1, envelope=((-0.5, 0.5),))
    part = master(after=short, tone=None, stereo=None, history=None, limiter=None, stages=stages()[:1])
    page = read(master_report(before=short, masters=(part,)))
    assert "8 kHz, mono" in words(page)
    assert not any(math.isnan(float(x)) for x in re.findall(r'x1="(-?[\d.]+)"', html(master_report())))
