//! A track's table of samples: where each lies, how long it is, and when it is heard.

use super::boxes::{first, number, table, word};

/// Sample frames that are read at once of plain samples.
const FRAMES: u64 = 4096;

/// A stretch of a track's data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub at: u64,
    pub bytes: u64,
    /// In ticks of the track's clock.
    pub time: u64,
    pub ticks: u32,
    /// Which of the track's sample entries it belongs to.
    pub entry: usize,
}

/// The table, read sample by sample.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Where chunks begin.
    chunks: Vec<u64>,
    /// From which chunk on (counted from 0) a chunk has so many samples of which sample entry.
    runs: Vec<(u32, u32, usize)>,
    /// Sizes of the samples, or one for all of them.
    sizes: Vec<u32>,
    size: u32,
    /// Samples that there are.
    count: u64,
    /// So many samples of so many ticks.
    times: Vec<(u32, u32)>,
    /// Bytes of one sample frame, for plain samples.
    frame: Option<u64>,
    chunk: usize,
    run: usize,
    /// Samples of this chunk that were given, and bytes of them.
    in_chunk: u64,
    offset: u64,
    sample: u64,
    time: u64,
    in_time: (usize, u32),
}

impl Table {
    pub(super) fn read(stbl: &[u8], frame: Option<u64>) -> Table {
        let stsz = first(stbl, b"stsz").unwrap_or_default();
        let compact = first(stbl, b"stz2").unwrap_or_default();
        let size = word(stsz, 4);
        let mut sizes: Vec<u32> = match size {
            0 => table(stsz, 8, 4).map(|entry| word(entry, 0)).collect(),
            _ => Vec::new(),
        };
        match compact.get(7) {
            Some(16) => sizes = table(compact, 8, 2).map(|e| number(e, 0, 2).unwrap_or(0) as u32).collect(),
            Some(8) => sizes = table(compact, 8, 1).map(|entry| u32::from(entry[0])).collect(),
            _ => {}
        }
        let short = first(stbl, b"stco").unwrap_or_default();
        let long = first(stbl, b"co64").unwrap_or_default();
        let chunks = table(short, 4, 4)
            .map(|entry| u64::from(word(entry, 0)))
            .chain(table(long, 4, 8).filter_map(|entry| number(entry, 0, 8)))
            .collect();
        let runs = table(first(stbl, b"stsc").unwrap_or_default(), 4, 12)
            .map(|entry| {
                (word(entry, 0).saturating_sub(1), word(entry, 4), word(entry, 8).saturating_sub(1) as usize)
            })
            .collect();
        let times = table(first(stbl, b"stts").unwrap_or_default(), 4, 8)
            .map(|entry| (word(entry, 0), word(entry, 4)))
            .collect();
        let count = if size == 0 { sizes.len() as u64 } else { u64::from(word(stsz, 8)) };
        Table { chunks, runs, sizes, size, count, times, frame, ..Table::default() }
    }

    /// Where the first sample lies.
    pub(super) fn begin(&self) -> Option<u64> {
        self.chunks.first().copied()
    }

    /// The ticks of the next `n` samples, of which all but plain ones are asked one by one.
    fn ticks(&mut self, n: u64) -> u64 {
        let (mut ticks, mut left) = (0u64, n);
        while left > 0 {
            let Some(&(count, each)) = self.times.get(self.in_time.0) else {
                // More samples than the clock tells of: the last one's length goes on.
                let each = self.times.last().map_or(1, |(_, each)| *each);
                return ticks.saturating_add(left.saturating_mul(u64::from(each)));
            };
            let here = left.min(u64::from(count.saturating_sub(self.in_time.1)));
            ticks = ticks.saturating_add(here * u64::from(each));
            left -= here;
            self.in_time.1 += here as u32;
            if self.in_time.1 >= count {
                self.in_time = (self.in_time.0 + 1, 0);
            }
        }
        ticks
    }

    /// Samples that this chunk has.
    fn samples_of_chunk(&mut self) -> u64 {
        while self.runs.get(self.run + 1).is_some_and(|(first, ..)| *first as usize <= self.chunk) {
            self.run += 1;
        }
        self.runs.get(self.run).map_or(0, |(_, samples, _)| u64::from(*samples))
    }
}

impl Iterator for Table {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        loop {
            let begin = *self.chunks.get(self.chunk)?;
            let left = self.samples_of_chunk().saturating_sub(self.in_chunk);
            let left = left.min(self.count.saturating_sub(self.sample));
            if left == 0 {
                if self.sample >= self.count {
                    return None;
                }
                (self.chunk, self.in_chunk, self.offset) = (self.chunk + 1, 0, 0);
                continue;
            }
            let (n, bytes) = match self.frame {
                // QuickTime gives plain samples a size of 1.
                Some(frame) => (left.min(FRAMES), left.min(FRAMES) * frame),
                None if self.size > 0 => (1, u64::from(self.size)),
                None => (1, u64::from(*self.sizes.get(self.sample as usize)?)),
            };
            let time = self.time;
            let ticks = self.ticks(n);
            let sample = Sample {
                at: begin.saturating_add(self.offset),
                bytes,
                time,
                ticks: ticks.min(u64::from(u32::MAX)) as u32,
                entry: self.runs.get(self.run).map_or(0, |(.., entry)| *entry),
            };
            self.time = self.time.saturating_add(ticks);
            self.in_chunk += n;
            self.sample += n;
            self.offset = self.offset.saturating_add(bytes);
            if bytes > 0 {
                return Some(sample);
            }
        }
    }
}
