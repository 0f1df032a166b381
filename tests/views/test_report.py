"""The report holds the stems, the notes and the figures, and nothing of it is markup."""

import json
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browsing import data_of
from wicked import WICKED, rename

from scoresep.alignment.beats import played_beats
from scoresep.cli.main import run
from scoresep.errors import InputError
from scoresep.io.npz import load
from scoresep.io.stems_reader import read_stems
from scoresep.values import SeparationRecord
from scoresep.views.colours import group_colours
from scoresep.views.report import blocks, page, tracks, write_report
from scoresep.views.view import View

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def waltz_stems(tmp_path_factory):
    """Give the stems of some seconds of the waltz."""
    folder = tmp_path_factory.mktemp("report") / "stems"
    files = [str(FIXTURES / name) for name in ("waltz.flac", "waltz.mid")]
    assert run(["separate", *files, "-q", "-o", str(folder), "--start", "4", "--end", "8"]) == 0
    return folder


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    """Encode blocks of four seconds, which is what the recording lasts."""
    monkeypatch.setattr(tracks, "BLOCK_LENGTH", 4.0)
    monkeypatch.setattr(blocks, "EXCERPT_LENGTH", 0.5)


@pytest.fixture
def stems(waltz_stems, tmp_path):
    """Give a copy of the stems of the waltz."""
    return Path(shutil.copytree(waltz_stems, tmp_path / "stems"))


def scripts_of(path):
    """Return the blocks of a page or, where these are in a folder, of their files."""
    files = sorted(path.with_name(f"{path.stem}_files").glob("*.js"), key=lambda file: int(file.stem))
    text = "\n".join(file.read_text() for file in files) or path.read_text()
    return [json.loads(block) for block in re.findall(r"^(?:<script>)?addBlock\(\d+, (.*)\);", text, re.MULTILINE)]


def test_notes_outside_of_the_recording_are_not_counted_or_drawn(stems):
    (path,) = write_report(read_stems(stems), stems / "report.html")
    record, notes = load(stems / "separation.npz", SeparationRecord), data_of(path)["notes"]
    inside = (record.notes.offset > 0) & (record.notes.onset < 4.0)
    assert 0 < len(notes) == inside.sum() < len(record.notes)
    assert json.loads((stems / "stems.json").read_text())["notes"] == len(notes)
    assert View.of([record]).end == 4.0


def test_page_tells_notes_tracks_and_figures(stems):
    (path,) = write_report(read_stems(stems), stems / "report.html")
    data, record = data_of(path), load(stems / "separation.npz", SeparationRecord)
    assert [track["name"] for track in data["tracks"]] == ["left", "right", "residual"]
    assert data["duration"] == 4.0
    onset, _, pitch, _, track, confidence, bar = zip(*data["notes"], strict=True)
    sounds = record.notes.sounding_before(4.0)
    assert np.allclose(onset, record.notes.onset[sounds], atol=1e-4)
    assert list(pitch) == record.notes.pitch[sounds].tolist()
    assert list(track) == record.group_of_notes()[sounds].tolist()
    assert np.allclose(confidence, record.alignment.confidence[sounds], atol=1e-3)
    assert list(bar) == record.notes.bar[sounds].tolist()
    beats = played_beats(record.alignment)
    assert [row[1:] for row in data["beats"]] == np.stack([beats.bar, beats.beat, beats.repeat], 1).tolist()
    assert np.allclose([row[0] for row in data["beats"]], beats.time, atol=1e-4)
    assert data["loss"] == pytest.approx(record.loss, rel=1e-4)
    assert data["summary"]["options"]["loss"] == "kl"


def test_sound_in_the_page_is_that_of_the_files(stems):
    (path,) = write_report(read_stems(stems), stems / "report.html")
    (block,) = scripts_of(path)
    pad = round(tracks.MARGIN * 44100)
    sounds = {name: soundfile.read(stems / f"{name}.wav", always_2d=True)[0] for name in ("left", "right", "residual")}
    for key, wanted in {"-1": sum(sounds.values()), "0": sounds["left"], "1": sounds["right"]}.items():
        found, rate = soundfile.read(BytesIO(b64decode(block["sounds"][key])), always_2d=True)
        assert rate == 44100
        error = found[pad : pad + len(wanted)] - wanted
        assert np.sum(error**2) < 0.01 * np.sum(wanted**2)


def test_long_recording_has_its_blocks_in_a_folder(stems, monkeypatch):
    monkeypatch.setattr(blocks, "LARGEST_SOUND", 10_000)
    files = write_report(read_stems(stems), stems / "report.html")
    assert [str(file.relative_to(stems)) for file in files] == ["report_files/0.js", "report.html"]
    assert data_of(stems / "report.html")["folder"] == "report_files"
    assert "addBlock(0" not in (stems / "report.html").read_text()


def test_compression_is_chosen_by_the_size_of_the_sound(stems, monkeypatch):
    stem_set = read_stems(stems)
    recording = tracks.tracks_of(stem_set), stem_set.n_samples, stem_set.sample_rate
    best, *between, smallest = blocks.COMPRESSIONS

    largest, least = (
        sum(len(sound) for block in blocks.encode_blocks(*recording, compression) for sound in block.sounds.values())
        for compression in (best, smallest)
    )
    limits = {12_000_000: [best], 1.2 * largest: [best], (largest + least) / 2: between, 0.8 * least: [None]}
    for limit, wanted in limits.items():
        monkeypatch.setattr(blocks, "LARGEST_SOUND", limit)
        assert blocks.choose_compression(*recording) in wanted


@pytest.mark.parametrize("size", [15_000_000, 0])
def test_sound_is_encoded_once_however_large_the_page(stems, monkeypatch, size):
    whole, calls, progress = round((tracks.BLOCK_LENGTH + 2 * tracks.MARGIN) * 44100), [], []
    encode = tracks.encoded

    def counted(samples, *args):
        if samples.shape[1] == whole:
            calls.append(args)
        return encode(samples, *args)

    monkeypatch.setattr(tracks, "encoded", counted)
    monkeypatch.setattr(page, "LARGEST_PAGE", size)
    write_report(read_stems(stems), stems / "report.html", on_block=lambda *done: progress.append(done))
    assert len(calls) == 4  # the recording and three tracks
    assert progress == [(1, 1)]


def test_groups_have_the_colours_of_the_pictures(stems):
    (path,) = write_report(read_stems(stems), stems / "report.html")
    record = load(stems / "separation.npz", SeparationRecord)
    colours = group_colours([*record.names, "residual"], record.notes, record.weights)
    assert {track["name"]: track["colour"] for track in data_of(path)["tracks"]} == colours


def test_order_of_the_manifest_changes_no_colour(stems):
    def colours():
        (path,) = write_report(read_stems(stems), stems / "report.html")
        return {track["name"]: track["colour"] for track in data_of(path)["tracks"]}

    before, manifest = colours(), json.loads((stems / "stems.json").read_text())
    (stems / "stems.json").write_text(json.dumps(manifest | {"stems": manifest["stems"][::-1]}))
    assert colours() == before


def test_names_are_text(stems):
    rename(stems, WICKED)
    (path,) = write_report(read_stems(stems), stems / "report.html")
    text = path.read_text()
    assert "alert('<b>')" not in text
    assert data_of(path)["tracks"][0]["name"] == WICKED
    assert data_of(path)["summary"]["warnings"] == [WICKED]


def test_page_says_nothing_of_where_files_are(stems):
    (path,) = write_report(read_stems(stems), stems / "report.html")
    assert str(FIXTURES) not in path.read_text()
    assert str(stems) not in path.read_text()


def test_very_many_stems_are_heard_together(stems, monkeypatch):
    monkeypatch.setattr(tracks, "MOST_TRACKS", 2)
    (path,) = write_report(read_stems(stems), stems / "report.html")
    assert [track["name"] for track in data_of(path)["tracks"]] == ["2 other stems", "residual"]
    assert {row[4] for row in data_of(path)["notes"]} == {0}
    assert data_of(path)["groups"] == 2


def test_stems_without_a_record_have_a_page_without_notes(stems):
    (stems / "separation.npz").unlink()
    (stems / "stems.json").unlink()
    (path,) = write_report(read_stems(stems), stems / "report.html")
    assert data_of(path)["notes"] == []
    assert [track["name"] for track in data_of(path)["tracks"]] == ["left", "right", "residual"]


def test_record_fits_its_groups(stems):
    with pytest.raises(ValueError, match="weights must have shape"):
        replace(load(stems / "separation.npz", SeparationRecord), names=("left",))


@pytest.mark.parametrize(
    ("manifest", "wanted"),
    [
        ("{", "not JSON"),
        ("[]", "not what 'scoresep separate' writes"),
        ('{"stems": [{"name": "a"}]}', "not what 'scoresep separate' writes"),
        ('{"stems": [{"name": "a", "file": "../a.wav"}]}', "lies elsewhere"),
        ('{"stems": [{"name": "a", "file": "none.wav"}]}', "no such file"),
    ],
)
def test_wrong_manifest_is_told_in_a_line(stems, manifest, wanted):
    (stems / "stems.json").write_text(manifest)
    with pytest.raises(InputError, match=wanted):
        read_stems(stems)


def test_stems_of_two_rates_are_refused(stems):
    (stems / "stems.json").unlink()
    soundfile.write(stems / "extra.wav", np.zeros(100), 22050)
    with pytest.raises(InputError, match="44100 Hz"):
        read_stems(stems)


def test_text_can_be_read_on_its_ground():
    css = (Path(page.__file__).parent / "page.css").read_text()
    for theme in re.findall(r"--is-dark.*?--doubt: #\w+", css, re.DOTALL):
        colour = dict(re.findall(r"--([\w-]+): (#\w{6})", theme))
        pairs = [
            (text, ground) for text in ("ink", "soft", "faint", "accent", "doubt") for ground in ("paper", "ground")
        ]
        for text, ground in [*pairs, ("on-accent", "accent")]:
            assert contrast(colour[text], colour[ground]) > 4.5, (text, ground)


def contrast(*colours):
    """Return the contrast of two colours, as the web's accessibility guidelines (WCAG 2) define it."""
    channels = np.array([[int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)] for colour in colours])
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    dark, light = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (light + 0.05) / (dark + 0.05)


def test_report_loads_neither_matplotlib_nor_librosa():
    code = "import sys; import scoresep.views.report; print(*{module.split('.')[0] for module in sys.modules})"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"matplotlib", "librosa", "numba"} & set(printed.split())
