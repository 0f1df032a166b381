"""The controls for practising in the report: tempo, pitch, clicks, bars, faders, and the mix as a file."""

import io
from base64 import b64decode, b64encode

import numpy as np
import pytest
import soundfile
import synth

from scoresep.cli.main import run

QUICK = ["--hop", "256", "--n-fft", "1024", "--iterations", "4", "-q"]
#: Beats of the score, which is in common time at 120 beats a minute (s).
BEATS = 0.5 * np.arange(16)
#: Sample rate of the sounds that the page is given to render (Hz).
RATE = 16000


@pytest.fixture(scope="module")
def stems(tmp_path_factory):
    """Give the stems of a duet, right and left hand, with a report."""
    folder = tmp_path_factory.mktemp("practice")
    soundfile.write(folder / "song.wav", synth.recording(synth.duet()).samples.T, synth.RATE, subtype="PCM_16")
    synth.write_score(folder / "song.mid", synth.duet())
    words = [str(folder / name) for name in ("song.wav", "song.mid")]
    assert run(["separate", *words, "--no-align", "-o", str(folder / "stems"), "--report", *QUICK]) == 0
    return folder / "stems"


@pytest.fixture
def page(stems, browser):
    """Give the opened report; no test may leave an error or a request to the outside behind."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(5000)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    inside = ("file:", "data:", "blob:")
    page.on("request", lambda asked: None if asked.url.startswith(inside) else faults.append(asked.url))
    page.goto((stems / "report.html").as_uri())
    wait(page, "scoresep.loader.ready.has(0)")
    yield page
    context.close()
    assert not faults


def press(page, name):
    """Press a button by its name."""
    page.get_by_role("button", name=name, exact=True).click()


def is_pressed(page, name):
    """Return whether a button is pressed."""
    return page.get_by_role("button", name=name, exact=True).get_attribute("aria-pressed") == "true"


#: JavaScript: channels as text.
TEXTS = (
    "(channels) => channels.map((samples) => btoa(Array.from(new Uint8Array(samples.slice().buffer),"
    " (byte) => String.fromCharCode(byte)).join('')))"
)


def samples_of(texts):
    """Return the samples of channels that come as text, shape (channels, samples)."""
    return np.array([np.frombuffer(b64decode(text), "<f4") for text in texts], float)


def wait(page, condition):
    """Wait until a condition holds."""
    page.evaluate(
        "() => new Promise((resolve, reject) => { const end = performance.now() + 8000; const check = () => {"
        f"if ({condition}) resolve(); else if (performance.now() > end) reject(new Error('never'));"
        "else setTimeout(check, 20); }; check(); })"
    )


def clock(page):
    """Return the time of the audio context and the position that is heard (s)."""
    return np.array(page.evaluate("[scoresep.player.context.currentTime, scoresep.player.position()]"))


def rendered(page, sound, settings="", begin=0.0):
    """Return a sound as the page renders it at the settings of the player, shape (channels, samples)."""
    texts = [b64encode(samples.astype("<f4")).decode() for samples in np.atleast_2d(sound)]
    channels = page.evaluate(
        "async ([texts, begin]) => { const { player } = scoresep;"
        "const channels = texts.map((text) => new Float32Array(bytesOf(text).buffer));"
        f"const shape = {{ numberOfChannels: channels.length, length: channels[0].length, sampleRate: {RATE} }};"
        "const sound = new AudioBuffer(shape); channels.forEach((samples, k) => sound.copyToChannel(samples, k));"
        f"player.change({{ {settings} }});"
        f"return ({TEXTS})(await renderedSound(player, sound, begin)); }}",
        [texts, begin],
    )
    return samples_of(channels)


def bursts(times, seconds, frequency=2000.0):
    """Return short tones that begin at some times, shape (samples,)."""
    samples, time = np.zeros(round(seconds * RATE)), np.arange(0, 0.02, 1 / RATE)
    burst = 0.5 * np.hanning(len(time)) * np.sin(2 * np.pi * frequency * time)
    for begin in times:
        samples[round(begin * RATE) :][: len(time)] += burst
    return samples


def click_times(samples, expected):
    """Return where the first loud sample near each expected time is (s)."""
    firsts = [max(round((time - 0.1) * RATE), 0) for time in expected]
    return np.array([first + np.argmax(np.abs(samples[first:]) > 0.2) for first in firsts]) / RATE


def middles(samples, expected, reach=0.08):
    """Return where the energy near each expected time has its middle (s)."""
    found = []
    for time in expected:
        first = max(round((time - reach) * RATE), 0)
        power = samples[first : round((time + reach) * RATE)] ** 2
        found.append((first + np.average(np.arange(len(power)), weights=power)) / RATE)
    return np.array(found)


def downloaded(page):
    """Return the name of the downloaded mix, its samples, shape (channels, samples), and its sample rate."""
    with page.expect_download() as download:
        press(page, "Download mix")
    samples, rate = soundfile.read(io.BytesIO(download.value.path().read_bytes()), always_2d=True)
    return download.value.suggested_filename, samples.T, rate


@pytest.mark.parametrize(("tempo", "transposition"), [(0.6, 0), (0.25, 0), (1.5, 0), (1.0, 3), (0.8, -6)])
def test_tempo_moves_attacks_within_5_ms_and_transposition_alone_moves_pitches(page, tempo, transposition):
    times, sine = np.array([0.3, 0.8, 1.3]), np.sin(2 * np.pi * 440 * np.arange(1.8 * RATE) / RATE)
    found = rendered(page, [bursts(times, 1.8), 0.3 * sine], f"tempo: {tempo}, transposition: {transposition}")
    assert found.shape[1] == pytest.approx(1.8 * RATE / tempo, abs=2)
    assert np.abs(middles(found[0], (times + 0.01) / tempo) - (times + 0.01) / tempo).max() < 0.005
    middle = found[1, len(found[1]) // 4 : -len(found[1]) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 2**19))
    assert np.argmax(spectrum) * RATE / 2**19 == pytest.approx(440 * 2 ** (transposition / 12), rel=0.003)


def test_stems_are_in_sync_after_a_minute_at_60_percent(page):
    page.evaluate("scoresep.player.open()")
    seconds = 61
    texts = page.evaluate(
        f"""async () => {{
        const {{ player }} = scoresep, rate = player.data.sampleRate;
        const noise = Float32Array.from({{ length: 9 * rate }}, (_, n) => (n % 3001 < 300 ? Math.sin(n * n) : 0));
        const stem = (channel) => {{
          const buffer = new AudioBuffer({{ numberOfChannels: 2, length: noise.length, sampleRate: rate }});
          buffer.copyToChannel(noise, channel);
          return buffer;
        }};
        player.context = new OfflineAudioContext(2, {seconds} * rate, rate);
        player.mixer = new Mixer(player.context, [0, 1]);
        for (const gain of player.mixer.gains.values()) gain.gain.value = 1;
        player.tempo = 0.6;
        player.loop = {{ begin: 0.1, end: 7.9, isOn: true }};
        await player.mixer.setPitch(player.pitchFactor, 0);
        [player.nextTime, player.nextPosition] = [0, 0];
        while (player.nextTime < {seconds}) player.addPiece(0, new Map([[0, stem(0)], [1, stem(1)]]), 8);
        const sound = await player.context.startRendering();
        return ({TEXTS})([0, 1].map((k) => sound.getChannelData(k).slice(-2 * rate))); }}"""
    )
    left, right = samples_of(texts)
    lag = np.argmax(np.correlate(left, right[400:-400], "valid")) - 400
    assert abs(lag) / synth.RATE < 0.001
    assert np.sqrt(np.mean(np.square(left))) > 0.01


def test_playing_goes_at_the_tempo_and_back_at_once(page):
    slider = page.get_by_role("slider", name="Tempo")
    slider.fill("60")
    page.keyboard.press("Space")  # the slider has the focus
    wait(page, "scoresep.player.position() > 0.1")
    first = clock(page)
    wait(page, "scoresep.player.position() > 0.6")
    elapsed, played = clock(page) - first
    assert played / elapsed == pytest.approx(0.6, abs=0.02)
    page.keyboard.press(".")
    assert slider.input_value() == "65"
    press(page, "65 %")
    wait(page, "scoresep.player.mixer.latency === 0 && scoresep.player.position() > 0.9")
    first = clock(page)
    wait(page, f"scoresep.player.position() > {first[1] + 0.5}")
    elapsed, played = clock(page) - first
    assert played / elapsed == pytest.approx(1, abs=0.02)
    wait(page, "scoresep.player.level(0) > 1e-3")


def test_limits_of_tempo_and_transposition(page):
    for key, times in ((",", 16), ("<", 7)):
        for _ in range(times):
            page.keyboard.press(key)
    assert page.evaluate("[scoresep.player.tempo, scoresep.player.transposition]") == [0.25, -6]
    assert page.get_by_label("Semitones").inner_text() == "\N{MINUS SIGN}6"
    for _ in range(12):
        press(page, "A semitone higher")
    assert page.evaluate("scoresep.player.transposition") == 6


def test_clicks_are_on_the_beats_within_5_ms_and_first_beats_are_louder(page):
    press(page, "Click")
    found = rendered(page, np.zeros(round(6 * RATE)), "tempo: 0.6", begin=1.0)[0]
    beats = (BEATS[(BEATS >= 1) & (BEATS < 7)] - 1) / 0.6
    assert np.abs(found).max() > 0.5
    assert np.abs(click_times(found, beats) - beats).max() < 0.005
    peaks = [np.abs(found[round(beat * RATE) :][:700]).max() for beat in beats]
    assert [peak > 0.55 for peak in peaks] == [k % 4 == 0 for k in range(2, 2 + len(beats))]


def test_clicks_are_in_time_with_the_sound_that_is_heard(page):
    press(page, "Click")
    found = rendered(page, [bursts(BEATS[1:6], 3.2), np.zeros(round(3.2 * RATE))], "tempo: 0.7")
    sound, clicks = found[0] - found[1], found[1]
    beats = BEATS[1:6] / 0.7
    starts = middles(sound, beats + 0.01 / 0.7) - 0.01 / 0.7
    assert np.abs(starts - click_times(clicks, beats)).max() < 0.005


def test_count_in_is_a_bar_of_clicks_before_the_sound(page):
    press(page, "Count-in")
    page.evaluate("scoresep.player.seek(2.5)")
    found = rendered(page, bursts([0], 1, 300), "tempo: 1", begin=2.5)[0]
    assert len(found) == pytest.approx(3 * RATE, abs=2)
    peaks = [np.abs(found[round(0.5 * k * RATE) :][:400]).max() for k in range(4)]
    assert [peak > 0.55 for peak in peaks] == [False, False, False, True]
    assert min(peaks) > 0.3
    page.keyboard.press("Space")
    wait(page, "scoresep.player.pieces.length > 0")
    assert clock(page)[1] == 2.5
    wait(page, "scoresep.player.pieces.length > 1")
    count_in, sound = page.evaluate("scoresep.player.pieces.map(({ time, sources }) => [time, sources.length])")[:2]
    assert sound[0] - count_in[0] == pytest.approx(2, abs=1e-3)
    assert count_in[1] == 4


def test_bars_loop_while_playing_and_escape_clears(page):
    page.keyboard.press("Space")
    page.get_by_label("First bar of the loop").fill("2")
    page.get_by_label("Last bar of the loop").fill("2")
    press(page, "Loop bars")
    assert is_pressed(page, "Loop bars")
    assert page.evaluate("[scoresep.player.loop.begin, scoresep.player.loop.end]") == [2, 4]
    wait(page, "scoresep.player.position() > 2.1")
    page.keyboard.press("]")
    end = page.evaluate("scoresep.player.loop.end")
    wait(page, f"scoresep.player.position() > {end - 0.1}")
    wait(page, f"scoresep.player.position() < {end - 0.1}")
    press(page, "Loop over the next bars")
    press(page, "Loop over the next bars")
    assert page.evaluate("scoresep.player.loop") == {"begin": 4, "end": 6, "isOn": True}
    wait(page, "scoresep.player.position() > 4.1")
    assert page.get_by_label("First bar of the loop").input_value() == "3"
    press(page, "Loop bars")
    assert page.evaluate("scoresep.player.loop.isOn") is False
    press(page, "Loop bars")
    assert is_pressed(page, "Loop bars")
    page.keyboard.press("Escape")
    assert not is_pressed(page, "Loop bars")
    wait(page, "scoresep.player.position() > 4.4")
    page.keyboard.press("b")
    assert page.evaluate("scoresep.player.loop") == {"begin": 4, "end": 6, "isOn": True}
    assert page.evaluate("scoresep.player.isPlaying")


def test_repeated_bars_are_found_where_they_are_played_next(page):
    found = page.evaluate(
        "(() => { const { practice, player } = scoresep, loops = [];"
        "practice.metronome = new Metronome([[0, 1, 1], [1, 2, 1], [2, 1, 1], [3, 2, 1], [4, 3, 1]], 8);"
        "for (const [at, first, last] of [[0.5, 1, 2], [2.5, 1, 2], [4.5, 2, 2], [0, 2, 3]]) {"
        " player.clearLoop(); player.seek(at);"
        " byId('bar-first').value = first; byId('bar-last').value = last; practice.loopTypedBars();"
        " loops.push([player.loop.begin, player.loop.end]); } return loops; })()"
    )
    assert found == [[0, 2], [2, 4], [1, 2], [3, 5]]


def test_faders_and_my_part_are_heard_and_downloaded(page, stems):
    files = [stems / f"{name}.wav" for name in ("left", "right", "residual")]
    left, right, residual = (soundfile.read(file, always_2d=True)[0].T for file in files)
    page.get_by_role("slider", name="Volume of left").fill("-20")
    name, samples, rate = downloaded(page)
    wanted = 0.1 * left + right + residual
    assert (name, rate, samples.shape) == ("song.wav", synth.RATE, (2, wanted.shape[1]))
    assert np.sum((samples - wanted) ** 2) < 0.02 * np.sum(wanted**2) * 2
    press(page, "My part is right")
    assert is_pressed(page, "Mute right")
    assert not is_pressed(page, "Mute left")
    name, samples, _ = downloaded(page)
    assert name == "song, without right.wav"
    assert np.sum((samples - 0.1 * left - residual) ** 2) < 0.05 * np.sum((0.1 * left) ** 2) * 2
    press(page, "My part is right")
    assert not is_pressed(page, "Mute right")
    page.get_by_role("slider", name="Volume of left").fill("-40")
    page.evaluate("scoresep.player.seek(1)")
    page.keyboard.press("Space")
    wait(page, "scoresep.player.level(1) > 1e-3 && scoresep.player.level(0) < 1e-5")


def test_mix_of_a_loop_is_downloaded_at_its_tempo(page):
    page.evaluate("scoresep.practice.setTempo(80)")
    page.keyboard.press("m")
    page.keyboard.press("b")
    name, samples, rate = downloaded(page)
    assert name == "song, 80 percent, click.wav"
    assert samples.shape[1] == pytest.approx(2 / 0.8 * rate, abs=2)


def test_without_beats_there_are_no_controls_for_them(stems, browser, tmp_path):
    page = browser.new_page()
    text = (stems / "report.html").read_text()
    (tmp_path / "page.html").write_text(text.replace('"beats": [[', '"otherwise": [['))
    page.goto((tmp_path / "page.html").as_uri())
    assert not page.get_by_role("button", name="Click", exact=True).is_visible()
    assert not page.get_by_role("button", name="Loop bars").is_visible()
    assert page.get_by_role("slider", name="Tempo").is_visible()
    page.keyboard.press("b")
    page.keyboard.press("m")
    page.keyboard.press("Space")
    wait(page, "scoresep.player.position() > 0.1")
    page.close()


def test_browser_without_a_stretcher_says_so_and_plays_on(stems, browser):
    page = browser.new_page()
    page.goto((stems / "report.html").as_uri())
    wait(page, "scoresep.loader.ready.has(0)")
    page.evaluate("document.getElementById('stretcher').textContent = 'nonsense('")
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press(",")
        page.get_by_text("This browser cannot change tempo and pitch").wait_for()
        assert page.evaluate("scoresep.player.tempo") == 1
        page.evaluate("document.getElementById('errors').replaceChildren()")
    before = page.evaluate("scoresep.player.position()")
    wait(page, f"scoresep.player.position() > {before + 0.3}")
    page.close()


def test_confidence_is_that_of_the_notes_in_the_recording(song):
    inside = song.alignment.notes.onset < song.audio.duration
    assert song.alignment.overall_confidence == pytest.approx(song.alignment.confidence[inside].mean())
