//! What the two processes hold over time, as a table and as a plot.

use std::fmt::{self, Write as _};

use anyhow::{Context as _, Result, ensure};

/// The resources of a process.
#[derive(Clone, Copy)]
pub(crate) struct Process {
    /// The resident memory in KiB.
    memory: u64,
    pub(crate) descriptors: usize,
}

impl Process {
    pub(crate) fn read(id: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.and_then(|text| text.split_whitespace().next()?.parse().ok());
        let descriptors = std::fs::read_dir(format!("/proc/{id}/fd"))?.count();
        Ok(Self { memory: memory.context("no VmRSS")?, descriptors })
    }

    fn mebibytes(self) -> f64 {
        self.memory as f64 / 1024.0
    }
}

/// What a line of the plot shows of a sample.
type Quantity = fn(&Sample) -> f64;

pub(crate) struct Sample {
    pub(crate) minutes: f64,
    /// The calls since the start.
    pub(crate) calls: u64,
    /// The tasks of the runtime of the client, among them the callers.
    pub(crate) tasks: usize,
    pub(crate) client: Process,
    pub(crate) server: Process,
}

impl fmt::Display for Sample {
    /// Writes a row of the table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minutes, calls, tasks, client, server } = self;
        write!(
            f,
            "| {minutes:.1} | {calls} | {:.1} MiB | {} ",
            client.mebibytes(),
            client.descriptors
        )?;
        write!(f, "| {tasks} | {:.1} MiB | {} |", server.mebibytes(), server.descriptors)
    }
}

fn median(part: &[Sample], what: Quantity) -> f64 {
    let mut values: Vec<_> = part.iter().map(what).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub(crate) struct Series(pub(crate) Vec<Sample>);

impl Series {
    pub(crate) fn table(&self, rows: usize) -> String {
        let mut text = String::from(
            "| minutes | calls | memory | descriptors | tasks | sandbox: memory | descriptors |\n\
             |--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for sample in self.0.chunks(self.0.len().div_ceil(rows)).filter_map(<[_]>::last) {
            let _ = writeln!(text, "{sample}");
        }
        text
    }

    /// Checks that no process has more memory in the last quarter than in the second one, apart
    /// from a tolerance, and that the sandbox closed the connections that the client closed. Each
    /// caller has at most a connection, which is a task too, a file, and a task of its own.
    pub(crate) fn check(&self, callers: usize) -> Result<()> {
        let quarter = self.0.len() / 4;
        let (second, last) = (&self.0[quarter..2 * quarter], &self.0[3 * quarter..]);
        let memories: [(&str, Quantity, f64); 2] = [
            ("client", |sample| sample.client.mebibytes(), 4.0),
            ("sandbox", |sample| sample.server.mebibytes(), 8.0),
        ];
        for (name, memory, tolerance) in memories {
            let (then, now) = (median(second, memory), median(last, memory));
            ensure!(
                now <= then + tolerance,
                "{name}: {then:.1} MiB in the second quarter, {now:.1} MiB in the last"
            );
        }
        for sample in &self.0 {
            let (client, server) = (sample.client.descriptors, sample.server.descriptors);
            let is_bounded = client <= 2 * callers && sample.tasks <= 3 * callers;
            ensure!(is_bounded && server <= client + 50, "too much is open: {sample}");
        }
        Ok(())
    }

    /// Draws the memory and the file descriptors of both processes.
    pub(crate) fn plot(&self) -> String {
        let mut svg = String::from(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 820 400\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"820\" height=\"400\" fill=\"white\"/>\n",
        );
        self.panel(
            &mut svg,
            30.0,
            "Memory in MiB",
            [|sample| sample.client.mebibytes(), |sample| sample.server.mebibytes()],
        );
        self.panel(
            &mut svg,
            210.0,
            "File descriptors",
            [|sample| sample.client.descriptors as f64, |sample| sample.server.descriptors as f64],
        );
        svg + "</svg>\n"
    }

    fn panel(&self, svg: &mut String, top: f64, title: &str, values: [Quantity; 2]) {
        let bottom = top + 140.0;
        let length = self.0.last().map_or(1.0, |sample| sample.minutes);
        let most = self.0.iter().flat_map(|sample| values.map(|value| value(sample)));
        let most = most.fold(1.0, f64::max);
        let _ = writeln!(
            svg,
            "<text x=\"60\" y=\"{}\" font-weight=\"bold\">{title}</text>\n\
             <path d=\"M60 {top}V{bottom}H800\" stroke=\"#444\" fill=\"none\"/>\n\
             <text x=\"52\" y=\"{}\" text-anchor=\"end\">{most:.0}</text>\n\
             <text x=\"52\" y=\"{bottom}\" text-anchor=\"end\">0</text>\n\
             <text x=\"800\" y=\"{}\" text-anchor=\"end\">{length:.0} min</text>",
            top - 8.0,
            top + 4.0,
            bottom + 16.0,
        );
        let lines = [("client", "#2a6fb3", 200.0), ("sandbox", "#b3402a", 270.0)];
        for ((name, color, x), value) in lines.into_iter().zip(values) {
            let points: Vec<_> = self
                .0
                .iter()
                .map(|sample| {
                    let x = 60.0 + 740.0 * sample.minutes / length;
                    format!("{x:.1},{:.1}", bottom - 140.0 * value(sample) / most)
                })
                .collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" stroke=\"{color}\" fill=\"none\"/>\n\
                 <text x=\"{x}\" y=\"{}\" fill=\"{color}\">{name}</text>",
                points.join(" "),
                top - 8.0,
            );
        }
    }
}
