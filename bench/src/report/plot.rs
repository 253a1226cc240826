//! Lines over axes, as SVG.

use std::fmt::Write as _;

/// Where the values of an axis lie.
#[derive(Clone, Debug)]
pub struct Axis {
    pub title: String,
    /// By powers: what is above zero only.
    pub is_logarithmic: bool,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

#[derive(Clone, Debug)]
pub struct Plot {
    /// Of the file.
    pub name: &'static str,
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub lines: Vec<Line>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 56.0;

/// Told apart also by those who see few colours (Okabe and Ito).
const COLOURS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555", "#8c510a"];

/// One axis from values to pixels.
struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
    is_logarithmic: bool,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>, axis: &Axis, start: f64, end: f64) -> Self {
        let is_logarithmic = axis.is_logarithmic;
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| !is_logarithmic || *value > 0.0) {
            (from, to) = (from.min(value), to.max(value));
        }
        if !from.is_finite() {
            (from, to) = (1.0, 10.0);
        }
        if !is_logarithmic {
            from = from.min(0.0);
            to *= 1.05;
        }
        if to <= from {
            to = from + 1.0;
        }
        Self { from, to, start, end, is_logarithmic }
    }

    fn place(&self, value: f64) -> f64 {
        let share = if self.is_logarithmic {
            (value.max(self.from) / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        self.start + share * (self.end - self.start)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic {
            let decades = (self.to / self.from).log10();
            let steps: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
            let first = self.from.log10().floor() as i32;
            return (first..first + 12)
                .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
                .filter(|tick| (self.from * 0.999..=self.to * 1.001).contains(tick))
                .collect();
        }
        let rough = (self.to - self.from) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        (0..=10).map(|number| self.from + f64::from(number) * step).filter(|tick| *tick <= self.to).collect()
    }
}

impl Plot {
    pub fn svg(&self) -> anyhow::Result<String> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Scale::over(points().map(|point| point.0), &self.x, LEFT, WIDTH - RIGHT);
        let y = Scale::over(points().map(|point| point.1), &self.y, HEIGHT - BOTTOM, TOP);
        let mut svg = String::new();
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n<text x=\"{LEFT}\" \
             y=\"22\" font-size=\"15\" fill=\"#222222\">{}</text>",
            escaped(&self.title)
        )?;
        for tick in x.ticks() {
            let at = x.place(tick);
            writeln!(svg, "<path d=\"M{at:.1} {TOP}V{}\" stroke=\"#e4e4e4\"/>", HEIGHT - BOTTOM)?;
            text(&mut svg, at, HEIGHT - BOTTOM + 18.0, "middle", &shown(tick))?;
        }
        for tick in y.ticks() {
            let at = y.place(tick);
            writeln!(svg, "<path d=\"M{LEFT} {at:.1}H{}\" stroke=\"#e4e4e4\"/>", WIDTH - RIGHT)?;
            text(&mut svg, LEFT - 8.0, at + 4.0, "end", &shown(tick))?;
        }
        text(&mut svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 14.0, "middle", &self.x.title)?;
        writeln!(
            svg,
            "<text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\" fill=\"#444444\">{}</text>",
            (TOP + HEIGHT - BOTTOM) / 2.0,
            escaped(&self.y.title)
        )?;
        for (position, line) in self.lines.iter().enumerate() {
            let colour = COLOURS[position % COLOURS.len()];
            let path: Vec<String> =
                line.points.iter().map(|point| format!("{:.1} {:.1}", x.place(point.0), y.place(point.1))).collect();
            writeln!(svg, "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", path.join("L"))?;
            if line.points.len() <= 20 {
                for point in &line.points {
                    let (at, height) = (x.place(point.0), y.place(point.1));
                    writeln!(svg, "<circle cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"3\" fill=\"{colour}\"/>")?;
                }
            }
            let height = TOP + 12.0 + 20.0 * position as f64;
            let at = WIDTH - RIGHT + 14.0;
            writeln!(svg, "<path d=\"M{at} {}h18\" stroke=\"{colour}\" stroke-width=\"3\"/>", height - 4.0)?;
            text(&mut svg, at + 24.0, height, "start", &line.name)?;
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str) -> std::fmt::Result {
    let words = escaped(words);
    writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#444444\">{words}</text>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn shown(tick: f64) -> String {
    if tick >= 1.0 || tick == 0.0 { crate::sample::grouped(tick) } else { format!("{tick}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_shows_its_lines_inside_the_axes() {
        let axis = |is_logarithmic| Axis { title: "a < b".to_owned(), is_logarithmic };
        let lines = vec![Line { name: "one".to_owned(), points: vec![(1.0, 5.0), (10.0, 20.0), (100.0, 0.0)] }];
        let plot = Plot { name: "test", title: "Test".to_owned(), x: axis(true), y: axis(false), lines };
        let svg = plot.svg().unwrap();
        assert!(svg.contains("M80.0 ") && svg.contains("L530.0 344.0"), "{svg}");
        assert!(svg.contains("a &lt; b") && svg.contains(">100<") && svg.contains(">20<"), "{svg}");
    }
}
