//! What an idle connection costs, after each has received a burst.

use std::time::Duration;

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::options::Options;
use crate::report::{Axis, Goal, Line, Plot, Report, Row};
use crate::server::{self, Engine};
use crate::wire::{self, Receiver, Sender};
use crate::{people, process};

/// People in one group, which is where the burst comes from.
const ROOM: usize = 500;
/// Texts in the burst.
const BURST: u64 = 50;
/// Points of the plot.
const STEPS: usize = 5;
const GOAL_KIB: f64 = 12.0;
/// What Socket.IO 4 needs for a connection on this kind of machine.
const SOCKET_IO_KIB: f64 = 15.4;

pub async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let wanted = options.connections;
    println!("Memory of {wanted} idle connections, each after a burst of {BURST} texts");
    let village = server::empty(options, &Engine::Sqlite, None).await?;
    let pid = village.pid().context("the server runs")?;
    let everybody = people::sign_up(&village.base(), "idle", wanted).await?;
    let mut rooms = Vec::new();
    for group in everybody.chunks(ROOM) {
        rooms.push(people::gather(group).await?);
    }
    let before = settled(pid).await?;
    let base = village.base();
    let mut sockets: Vec<(Sender, Receiver)> = Vec::with_capacity(wanted);
    let mut points = vec![(0.0, before / 1_024.0)];
    for group in everybody.chunks((wanted / STEPS).max(1)) {
        let more: Vec<_> =
            stream::iter(group).map(|person| wire::open(&base, &person.token)).buffered(64).try_collect().await?;
        sockets.extend(more);
        points.push((sockets.len() as f64, settled(pid).await? / 1_024.0));
    }
    let silent = settled(pid).await?;
    for (room, group) in rooms.iter().zip(sockets.chunks_mut(ROOM)) {
        let (first, _) = group.split_first_mut().context("a group has people")?;
        for number in 1..=BURST {
            first.0.send_text(room, number, &wire::body(number)).await?;
        }
        stream::iter(group)
            .map(|(_, receiver)| receive(receiver))
            .buffer_unordered(ROOM)
            .try_collect::<Vec<_>>()
            .await?;
    }
    let after = settled(pid).await?;
    let each = (after - before) / sockets.len() as f64;
    println!(
        "  before {:.1} MiB, connected {:.1} MiB, after the burst {:.1} MiB: {each:.2} KiB a connection",
        before / 1_024.0,
        silent / 1_024.0,
        after / 1_024.0
    );
    report.plot(Plot {
        name: "memory",
        title: "Anonymous memory of the server with silent connections (SQLite)".to_owned(),
        x: Axis { title: "connections".to_owned(), is_logarithmic: false },
        y: Axis { title: "MiB".to_owned(), is_logarithmic: false },
        lines: vec![
            Line { name: "Village".to_owned(), points },
            Line {
                name: "the goal, 12 KiB each".to_owned(),
                points: vec![(0.0, before / 1_024.0), (wanted as f64, (before + GOAL_KIB * wanted as f64) / 1_024.0)],
            },
        ],
    });
    report.add(Row {
        number: 9,
        measure: format!(
            "anonymous memory of an idle signed-in connection, {wanted} of them, each after a burst (SQLite)"
        ),
        ours: format!("{each:.1} KiB ({:.1} before the burst)", (silent - before) / sockets.len() as f64),
        theirs: format!("{SOCKET_IO_KIB} KiB (Socket.IO, as measured on this kind of machine before)"),
        value: each,
        goal: Some(Goal::AtMost(GOAL_KIB)),
        headline: Some("memory of an idle connection, KiB, against Socket.IO".to_owned()),
        revision: String::new(),
    });
    Ok(())
}

/// Reads until the whole burst is there.
async fn receive(receiver: &mut Receiver) -> anyhow::Result<()> {
    let mut last = 0;
    while last < BURST {
        let text = receiver.next().await?;
        if let Some(message) = wire::read(&text)?.message
            && !message.body.is_empty()
        {
            let number = wire::number_of(&message.body)?;
            anyhow::ensure!(number == last + 1, "message {number} came after {last}");
            last = number;
        }
    }
    Ok(())
}

/// Anonymous memory in KiB, once it has stopped falling: allocators give back a little later.
async fn settled(pid: u32) -> anyhow::Result<f64> {
    let mut last = process::anonymous_kib(pid)?;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let now = process::anonymous_kib(pid)?;
        if now > last * 0.995 {
            return Ok(now.min(last));
        }
        last = now;
    }
    Ok(last)
}
