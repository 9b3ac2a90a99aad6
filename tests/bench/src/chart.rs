//! A chart of bars as SVG: the CPU time of a call of each contender.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::program::Origin;
use crate::results::{Pace, Results};

/// In pixels.
const ROW: u32 = 24;
const WIDTH: u32 = 1000;
const MARGIN: u32 = 16;
const TITLE: u32 = 68;
const AXIS: u32 = 44;
/// Of the labels of bars, and of the numbers at the ends of bars.
const LABELS: u32 = 400;
const NUMBERS: u32 = 76;

const FONT: &str = "Helvetica, Arial, sans-serif";
const DEVCRED: RGBColor = RGBColor(31, 111, 235);
const OTHERS: RGBColor = RGBColor(175, 184, 193);
const TEXT: RGBColor = RGBColor(31, 35, 40);
const GRID: RGBColor = RGBColor(222, 226, 230);

struct Bar {
    label: String,
    micros: f64,
    color: RGBColor,
}

/// Draws the chart for one pace.
pub(crate) fn draw(results: &Results, pace: Pace) -> Result<String> {
    let bars = results.contenders.iter().filter_map(|contender| {
        let is_devcred = contender.program.origin != Origin::Alternative;
        let client = contender.program.client().replace('*', "");
        Some(Bar {
            label: format!("{}: {client}", contender.program.language()),
            micros: contender.cpu(pace)?,
            color: if is_devcred { DEVCRED } else { OTHERS },
        })
    });
    let bars: Vec<_> = bars.collect();
    let mut text = String::new();
    let height = TITLE + ROW * bars.len() as u32 + AXIS;
    let root = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
    draw_bars(&root, &bars, pace).map_err(|error| anyhow!("cannot draw the chart: {error}"))?;
    drop(root);
    Ok(text)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw_bars(root: &Area, bars: &[Bar], pace: Pace) -> Drawn {
    root.fill(&WHITE)?;
    draw_title(root, pace)?;
    let most = bars.iter().map(|bar| bar.micros).fold(1.0, f64::max);
    let scale = f64::from(WIDTH - 2 * MARGIN - LABELS - NUMBERS) / most;
    let left = (MARGIN + LABELS) as i32;
    let bottom = (TITLE + ROW * bars.len() as u32) as i32;
    let at = |micros: f64| left + (micros * scale).round() as i32;

    let text = style(13, &TEXT);
    let centered = text.pos(Pos::new(HPos::Center, VPos::Top));
    let step = tick_step(most);
    for tick in (0..).map(|index| f64::from(index) * step).take_while(|tick| *tick <= most) {
        let x = at(tick);
        root.draw(&PathElement::new([(x, TITLE as i32 - 4), (x, bottom)], GRID))?;
        root.draw(&Text::new(format!("{tick} µs"), (x, bottom + 8), centered.clone()))?;
    }
    let (label, number) = (text.pos(Pos::new(HPos::Right, VPos::Center)), text.pos(Pos::new(HPos::Left, VPos::Center)));
    for (bar, index) in bars.iter().zip(0..) {
        let top = (TITLE + ROW * index) as i32;
        let middle = top + ROW as i32 / 2;
        let corners = [(left, top + 3), (at(bar.micros), top + ROW as i32 - 3)];
        root.draw(&Rectangle::new(corners, bar.color.filled()))?;
        root.draw(&Text::new(bar.label.clone(), (left - 8, middle), label.clone()))?;
        root.draw(&Text::new(format!("{:.1}", bar.micros), (at(bar.micros) + 6, middle), number.clone()))?;
    }
    root.present()?;
    Ok(())
}

/// Draws the title, and below it what the colors mean.
fn draw_title(root: &Area, pace: Pace) -> Drawn {
    let title = format!("CPU time of a call, calls {pace} (µs; shorter is better)");
    root.draw(&Text::new(title, (MARGIN as i32, 12), style(17, &TEXT)))?;
    let legend = [(MARGIN, DEVCRED, "devcred"), (MARGIN + 90, OTHERS, "what you would use without it")];
    for (x, color, name) in legend {
        let x = x as i32;
        root.draw(&Rectangle::new([(x, 38), (x + 12, 50)], color.filled()))?;
        root.draw(&Text::new(name, (x + 18, 38), style(13, &TEXT)))?;
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
        assert!(!svg.contains("Swift"), "it was not measured");
    }

    #[test]
    fn there_are_at_most_eight_ticks() {
        assert_eq!([1.0, 8.0, 33.0, 800.0, 990.0].map(tick_step), [0.2, 1.0, 5.0, 100.0, 200.0]);
    }
}
