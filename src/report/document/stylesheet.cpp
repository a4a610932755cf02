#include "report/document/stylesheet.h"

// The hues are Okabe and Ito's, which colour-blind eyes tell apart; darkened on white and lightened on black until text
// in them can be read.
namespace pgcleave::report {

// clang-format off
const char* stylesheet() {
  return R"css(
:root {
  --paper: #ffffff; --ink: #16191d; --muted: #57606a; --line: #d8dde2; --soft: #f5f7f9;
  --work: #0072b2; --pause: #d55e00; --person: #8d4a7c; --undo: #b58900; --quiet: #9aa4ae;
  --good: #00755a; --good-soft: #e5f4ef; --warning: #8a5a00; --warning-soft: #fdf3dc; --bad: #b43c00;
  --bad-soft: #fcebe2;
  --note: #0067a0; --note-soft: #e6f1f8; --band: #d55e0022; --area: #0072b21f; --on-fill: #ffffff;
  --s0: #0072b2; --s1: #d55e00; --s2: #00755a; --s3: #8d4a7c; --s4: #b58900; --s5: #57606a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121518; --ink: #e6e9ec; --muted: #9ca7b2; --line: #303840; --soft: #1b2025;
    --work: #56b4e9; --pause: #ff8b45; --person: #d695bd; --undo: #e6c34a; --quiet: #65717c;
    --good: #46cfa5; --good-soft: #12322a; --warning: #f0c04c; --warning-soft: #352a10; --bad: #ff9c66;
    --bad-soft: #3b2013;
    --note: #79c2ee; --note-soft: #14293a; --band: #ff8b4533; --area: #56b4e92b; --on-fill: #121518;
    --s0: #56b4e9; --s1: #ff8b45; --s2: #46cfa5; --s3: #d695bd; --s4: #e6c34a; --s5: #9ca7b2;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif; }
main { max-width: 888px; margin: 0 auto; padding: 40px 24px 56px; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; margin: 4px 0 20px; font-weight: 650; }
h2 { font-size: 20px; line-height: 1.3; letter-spacing: -0.01em; margin: 52px 0 14px; padding-top: 14px;
  border-top: 2px solid var(--ink); font-weight: 650; }
h3 { font-size: 16px; margin: 0 0 8px; font-weight: 600; }
p { margin: 0 0 12px; max-width: 70ch; }
a { color: var(--note); }
code { overflow-wrap: anywhere;
  font: 0.88em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; }
.kind { text-transform: uppercase; letter-spacing: 0.09em; font-size: 12px; font-weight: 600; color: var(--muted);
  margin: 0; }
.quiet { color: var(--muted); font-size: 14px; }
.verdict { border-left: 6px solid var(--c); background: var(--b); border-radius: 4px; padding: 16px 20px;
  margin: 0 0 22px; }
.verdict p { margin: 0; }
.verdict p:first-child { font-size: 22px; line-height: 1.3; color: var(--c); margin-bottom: 2px; }
.verdict .symbol { display: inline-block; width: 1.35em; }
.verdict ol { margin: 10px 0 0; padding-left: 22px; }
.verdict li { margin: 3px 0; }
.good { --c: var(--good); --b: var(--good-soft); } .warning { --c: var(--warning); --b: var(--warning-soft); }
.bad { --c: var(--bad); --b: var(--bad-soft); } .note, .none { --c: var(--note); --b: var(--note-soft); }
.properties { display: grid; gap: 0 24px; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr));
  margin: 0; font-size: 14px; }
.properties div { display: flex; gap: 10px; padding: 5px 0; border-bottom: 1px solid var(--line); }
.properties dt { flex: 0 0 92px; color: var(--muted); }
.properties dd { margin: 0; min-width: 0; }
nav ul { list-style: none; margin: 26px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 18px;
  font-size: 14px; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(156px, 1fr)); gap: 1px; margin: 0 0 22px;
  padding: 1px; overflow: hidden; }
.figures div { box-shadow: 0 0 0 1px var(--line); padding: 12px 14px; }
.figures dt { font-size: 13px; color: var(--muted); line-height: 1.3; }
.figures dd { margin: 2px 0 0; font-variant-numeric: tabular-nums; }
.figures b { font-size: 26px; line-height: 1.25; letter-spacing: -0.02em; font-weight: 600; }
.figures .good b, .figures .warning b, .figures .bad b { color: var(--c); }
.figures small { display: block; font-size: 12.5px; line-height: 1.35; color: var(--muted); }
.scroll { overflow-x: auto; margin: 0 0 22px; }
.scroll:focus-visible { outline: 2px solid var(--note); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.45; }
caption { text-align: left; color: var(--muted); padding: 0 0 6px; }
th { text-align: left; font-weight: 600; font-size: 12.5px; color: var(--muted); border-bottom: 1px solid var(--ink);
  padding: 5px 14px 5px 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--line); padding: 6px 14px 6px 0; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td code { overflow-wrap: normal; white-space: nowrap; }
td:last-child code { white-space: normal; overflow-wrap: anywhere; }
td:last-child code { display: inline-block; min-width: 13.5em; }
.mark { color: var(--c); font-weight: 600; } td:first-child, .short { white-space: nowrap; }
td.t { min-width: 15em; white-space: normal; } th.n { white-space: normal; min-width: 4.2em; }
.badge { display: inline-block; font-size: 12px; line-height: 1.5; font-weight: 600; color: var(--c);
  background: var(--b); border-radius: 3px; padding: 1px 7px; margin-right: 4px; }
.card { border: 1px solid var(--line); border-left: 4px solid var(--c); border-radius: 4px; padding: 12px 16px;
  margin: 0 0 12px; }
.card dl { display: grid; grid-template-columns: 76px 1fr; gap: 4px 12px; margin: 0; font-size: 14px; }
.card dt { color: var(--muted); } .card dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
ul { padding-left: 20px; } li { margin: 3px 0; }
li.marked { list-style: none; margin-left: -20px; padding-left: 1.5em; text-indent: -1.5em; }
li.marked .mark { display: inline-block; min-width: 1.5em; text-indent: 0; }
figure { margin: 0 0 14px; }
figcaption { font-weight: 600; margin: 0 0 8px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; padding: 0; margin: 0 0 8px; font-size: 13px;
  color: var(--muted); }
.key { display: inline-block; width: 14px; height: 10px; border-radius: 2px; margin-right: 6px; background: var(--k);
  border: 1px solid var(--k); }
.phone { display: none; }
.drawings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 28px;
  margin-bottom: 20px; }
svg { display: block; max-width: 100%; height: auto; overflow: visible; }
svg.drawing { width: 100%; max-width: 420px; }
svg text { font-size: 12.5px; fill: var(--ink); } svg .small { font-size: 12px; } svg .muted { fill: var(--muted); }
svg .num { font-variant-numeric: tabular-nums; paint-order: stroke; stroke: var(--paper); stroke-width: 4px;
  stroke-linejoin: round; }
svg .strong { font-weight: 600; } svg .pause-text { fill: var(--bad); } svg .on-fill { fill: var(--on-fill); }
.work { --k: var(--work); } .pause { --k: var(--pause); } .person { --k: var(--person); } .undo { --k: var(--undo); }
.quiet { --k: var(--quiet); }
rect.work, rect.pause, rect.person, rect.undo, rect.quiet, circle.work, circle.pause, circle.person, circle.undo,
  circle.quiet { fill: var(--k); }
.work-line { stroke: var(--work); } .pause-line { stroke: var(--pause); } .person-line { stroke: var(--person); }
.undo-line { stroke: var(--undo); } .quiet-line { stroke: var(--quiet); }
.grid { stroke: var(--line); } .axis { stroke: var(--muted); } .band { fill: var(--band); } .area { fill: var(--area); }
.limit { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 5 3; } .cut { stroke: var(--muted); fill: none; }
path.dashed, line.dashed { stroke-dasharray: 4 4; }
.series { fill: none; stroke-width: 2; stroke-linejoin: round; }
.series-0 { stroke: var(--s0); } .series-1 { stroke: var(--s1); stroke-dasharray: 7 3; }
.series-2 { stroke: var(--s2); stroke-dasharray: 2 3; }
.series-3 { stroke: var(--s3); stroke-dasharray: 10 3 2 3; } .series-4 { stroke: var(--s4); stroke-dasharray: 4 2; }
.series-5 { stroke: var(--s5); stroke-dasharray: 1 2; }
.box { fill: var(--soft); stroke: var(--line); } .serving { stroke: var(--work); stroke-width: 2; }
.node { fill: var(--paper); stroke: var(--muted); } .lead { fill: var(--work); stroke: var(--work); }
.flow { fill: none; stroke: var(--muted); stroke-width: 1.6; } .flow.head { fill: var(--muted); stroke: none; }
.flow.writes { stroke: var(--work); stroke-width: 2; } .flow.writes.head { fill: var(--work); stroke: none; }
footer { margin-top: 56px; border-top: 1px solid var(--line); padding-top: 12px; font-size: 13px; color: var(--muted); }
@media (max-width: 600px) {
  main { padding: 22px 15px 40px; } h1 { font-size: 24px; } h2 { margin-top: 40px; } .desk { display: none; }
  .phone { display: block; }
  .figures { grid-template-columns: 1fr 1fr; } .card dl { grid-template-columns: 1fr; gap: 0; }
  .card dd { margin-bottom: 6px; } .verdict { padding: 14px 15px; }
}
@media print {
  :root {
    --paper: #ffffff; --ink: #000000; --muted: #4a525a; --line: #cfd5da; --soft: #f5f7f9;
    --work: #0072b2; --pause: #d55e00; --person: #8d4a7c; --undo: #b58900; --quiet: #9aa4ae;
    --good: #00755a; --good-soft: #e5f4ef; --warning: #8a5a00; --warning-soft: #fdf3dc; --bad: #b43c00;
    --bad-soft: #fcebe2;
    --note: #0067a0; --note-soft: #e6f1f8; --band: #d55e0022; --area: #0072b21f; --on-fill: #ffffff;
    --s0: #0072b2; --s1: #d55e00; --s2: #00755a; --s3: #8d4a7c; --s4: #b58900; --s5: #57606a;
  }
  @page { size: A4; margin: 16mm 15mm; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; } nav { display: none; }
  table { font-size: 9pt; line-height: 1.3; } td { padding-top: 3px; padding-bottom: 3px; }
  .scroll { overflow: visible; }
  .desk { display: block; } .phone { display: none; } h2 { margin-top: 26px; } h1 { font-size: 22pt; }
  figure svg { max-height: 215mm; } /* a long timeline stays on one page, with its heading */
  h2, h3, figcaption, caption { break-after: avoid; }
  figure, .card, .figures, .verdict, .whole, tr, li, p, ul { break-inside: avoid; } h2 + p { break-after: avoid; }
  thead { display: table-header-group; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
)css";
}
// clang-format on

}  // namespace pgcleave::report
