//! What stands around the contents of every page: head, title, the limits of the figures, the model.

use crate::analysis::Report;
use crate::report::{CAVEAT, escape};

/// A whole page with the heading `title`, which may load what the content security `policy` says.
pub fn document(
    title: &str,
    policy: &str,
    style: &str,
    contents: &str,
    script: &str,
    report: &Report,
) -> String {
    let (title, caveat) =
        (escape(title), escape(CAVEAT).replacen('`', "<code>", 1).replacen('`', "</code>", 1));
    let [name, version, hash, tool] =
        [&report.model.name, &report.model.version, &report.model.sha256, &report.tool]
            .map(|text| escape(text));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"/><meta http-equiv=\"Content-Security-Policy\" \
         content=\"{policy}\"/><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/><title>{title}</title>\
         <style>{style}</style></head><body><a class=\"skip\" href=\"#results\">Skip to the results</a><header>\
         <h1>{title}</h1><p class=\"caveat\" role=\"note\">{caveat}</p></header>{contents}<footer><p>Model: {name} {version} \
         (SHA-256 <span class=\"hash\">{hash}</span>). Training data, results and limits: \
         <code>undertone model info</code>. Valence and arousal are derived from the probabilities. Written by {tool}.\
         </p></footer><script>{script}</script></body></html>\n"
    )
}
