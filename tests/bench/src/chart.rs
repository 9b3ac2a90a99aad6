//! A chart of bars as SVG: the CPU time of a call of each contender.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::program::Origin;
use crate::results::{Pace, Results};

/// In pixels.
const WIDTH: i32 = 1000;
const MARGIN: i32 = 16;
const TITLE: i32 = 84;
const ROW: i32 = 26;
/// Between two languages.
const GAP: i32 = 10;
const AXIS: i32 = 44;
/// Of the number at the end of a bar.
const NUMBER: i32 = 80;
/// Of a letter, on average.
const LETTER: i32 = 7;

const FONT: &str = "Helvetica, Arial, sans-serif";
const TEXT: RGBColor = RGBColor(31, 35, 40);
const GRID: RGBColor = RGBColor(222, 226, 230);

/// The colors, each with its meaning.
const DEVCRED: (RGBColor, &str) = (RGBColor(31, 111, 235), "devcred");
const VENDOR: (RGBColor, &str) = (RGBColor(218, 141, 32), "the vendor's SDK");
const BARE: (RGBColor, &str) =
    (RGBColor(165, 174, 184), "a bare client, which neither signs a request nor checks the response");

struct Bar {
    label: String,
    micros: f64,
    color: RGBColor,
    /// The distance from the top of the chart.
    top: i32,
}

/// Draws the chart for one pace.
pub(crate) fn draw(results: &Results, pace: Pace) -> Result<String> {
    let bars = bars(results, pace);
    let bottom = bars.last().map_or(TITLE, |bar| bar.top + ROW);
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, (WIDTH as u32, (bottom + AXIS) as u32)).into_drawing_area();
    draw_bars(&root, &bars, bottom, pace).map_err(|error| anyhow!("cannot draw the chart: {error}"))?;
    drop(root);
    Ok(text)
}

fn bars(results: &Results, pace: Pace) -> Vec<Bar> {
    let (mut bars, mut top, mut group) = (Vec::new(), TITLE, None);
    for contender in &results.contenders {
        let (program, Some(micros)) = (&contender.program, contender.cpu(pace)) else { continue };
        if group.replace(program.group()).is_some_and(|group| group != program.group()) {
            top += GAP;
        }
        let (color, _) = match program.origin {
            Origin::Core | Origin::Binding => DEVCRED,
            Origin::Alternative if program.name.contains("vendor") => VENDOR,
            Origin::Alternative => BARE,
        };
        let label = format!("{}: {}", program.language(), program.client().replace('*', ""));
        bars.push(Bar { label, micros, color, top });
        top += ROW;
    }
    bars
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw_bars(root: &Area, bars: &[Bar], bottom: i32, pace: Pace) -> Drawn {
    root.fill(&WHITE)?;
    draw_title(root, pace)?;
    let most = bars.iter().map(|bar| bar.micros).fold(1.0, f64::max);
    let letters = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or_default();
    let left = MARGIN + LETTER * letters as i32 + 12;
    let scale = f64::from(WIDTH - MARGIN - NUMBER - left) / most;
    let at = |micros: f64| left + (micros * scale).round() as i32;

    let text = style(15, &TEXT);
    let centered = text.pos(Pos::new(HPos::Center, VPos::Top));
    let step = tick_step(most);
    for tick in (0..).map(|index| f64::from(index) * step).take_while(|tick| *tick <= most) {
        let x = at(tick);
        root.draw(&PathElement::new([(x, TITLE - 4), (x, bottom + 4)], GRID))?;
        root.draw(&Text::new(format!("{tick} µs"), (x, bottom + 12), centered.clone()))?;
    }
    let (label, number) = (text.pos(Pos::new(HPos::Right, VPos::Center)), text.pos(Pos::new(HPos::Left, VPos::Center)));
    for bar in bars {
        let (end, middle) = (at(bar.micros), bar.top + ROW / 2);
        let corners = [(left, bar.top + 3), (end, bar.top + ROW - 3)];
        root.draw(&Rectangle::new(corners, bar.color.filled()))?;
        root.draw(&Text::new(bar.label.clone(), (left - 8, middle), label.clone()))?;
        root.draw(&Text::new(format!("{:.1}", bar.micros), (end + 6, middle), number.clone()))?;
    }
    root.present()?;
    Ok(())
}

/// Draws the title, and below it what the colors mean.
fn draw_title(root: &Area, pace: Pace) -> Drawn {
    let title = format!("CPU time of one call in µs, calls {pace} (shorter is better)");
    root.draw(&Text::new(title, (MARGIN, 14), style(20, &TEXT)))?;
    let mut x = MARGIN;
    for (color, meaning) in [DEVCRED, VENDOR, BARE] {
        root.draw(&Rectangle::new([(x, 48), (x + 13, 61)], color.filled()))?;
        root.draw(&Text::new(meaning, (x + 20, 49), style(15, &TEXT)))?;
        x += 48 + LETTER * meaning.chars().count() as i32;
    }
    Ok(())
}

fn style(size: u32, color: &RGBColor) -> TextStyle<'static> {
    (FONT, size).into_font().color(color)
}

/// Returns a distance of ticks that is 1, 2 or 5 with zeros, for at most eight ticks.
fn tick_step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 8.0).log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|factor| factor * power);
    steps.into_iter().find(|step| most / step <= 8.0).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::CORE;
    use crate::results::tests::results;

    #[test]
    fn every_contender_has_a_bar_with_its_time() {
        let results = results(&[
            (CORE, Origin::Core, &[26]),
            ("Python, the vendor's SDK", Origin::Alternative, &[780]),
            ("Swift", Origin::Binding, &[]),
        ]);
        let svg = draw(&results, Pace::AtOnce).expect("it can be drawn");
        for text in ["Rust: devcred", "the vendor", "26.0", "780.0", "64 at once", "100 µs"] {
            assert!(svg.contains(text), "{text}\n{svg}");
        }
        let gap = bars(&results, Pace::AtOnce).iter().map(|bar| bar.top).collect::<Vec<_>>();
        assert_eq!(gap, [TITLE, TITLE + ROW + GAP], "another language");
        assert!(!svg.contains("Swift"), "it was not measured");
    }

    #[test]
    fn there_are_at_most_eight_ticks() {
        assert_eq!([1.0, 8.0, 33.0, 800.0, 990.0].map(tick_step), [0.2, 1.0, 5.0, 100.0, 200.0]);
    }
}
