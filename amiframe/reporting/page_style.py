"""How the page looks: light and dark, on a screen, on a phone and on paper."""

CSS = """
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --muted: #59626c; --rule: #d5dade;
  --soft: #f3f5f7; --link: #0072b2; --warn-ground: #fff4e0; --warn: #8a4b00; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ground: #15181c; --ink: #e6e8ea; --muted: #a3adb7; --rule: #363d45; --soft: #1f242a; --link: #6bb5ea;
    --warn-ground: #33260f; --warn: #ffc266; } }
/* charts are drawn on white: the same hues, light for dark */
@media screen and (prefers-color-scheme: dark) { figure img { filter: invert(.91) hue-rotate(180deg); } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 66rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", Arial, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
p { margin: .5rem 0; }
.lead { color: var(--muted); font-size: 1.1rem; margin: 0 0 1rem; }
.note, figcaption, footer { color: var(--muted); font-size: .875rem; }
dl.about { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 0 1rem;
  font-size: .9375rem; }
dl.about dt { color: var(--muted); }
dl.about dd { margin: 0; overflow-wrap: anywhere; }
.warn { background: var(--warn-ground); color: var(--warn); border-radius: .3rem; padding: .05rem .4rem;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.tiles { display: grid; grid-template-columns: repeat(5, 1fr); gap: .75rem; margin: 1.25rem 0 .75rem; padding: 0;
  list-style: none; }
.tiles li { background: var(--soft); border: 1px solid var(--rule); border-radius: .5rem; padding: .7rem .8rem;
  min-width: 0; }
.tiles .name { color: var(--muted); font-size: .875rem; line-height: 1.25; display: block; }
.tiles .value { font-size: 1.6rem; line-height: 1.25; font-weight: 650; display: block; white-space: nowrap;
  margin: .1rem 0; }
.tiles .small { font-size: .8125rem; line-height: 1.35; display: block; color: var(--muted); }
.tiles .main { color: var(--ink); }
.wide { overflow-x: auto; margin: .5rem 0; }
.wide:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.35; width: 100%;
  font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .5rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; vertical-align: bottom; white-space: normal;
  border-bottom-width: 2px; }
th.text, td.text { text-align: left; }
td.words { text-align: left; white-space: normal; min-width: 11rem; }
tbody th { font-weight: 400; text-align: left; }
tr.sum td, tr.sum th { font-weight: 650; }
tr.total td, tr.total th { font-weight: 650; border-top: 2px solid var(--ink); border-bottom: 0; }
tr.ours td, tr.ours th { background: var(--soft); }
tbody.queue tr.sum td, tbody.queue tr.sum th { background: var(--soft); }
td .of { color: var(--muted); font-size: .93em; display: block; font-weight: 400; }
td.few { color: var(--muted); }
figure { margin: .25rem 0 1.5rem; }
figure img { display: block; width: 100%; height: auto; }
figcaption { margin: 0 0 .4rem; color: var(--ink); font-size: .9375rem; }
dl.words { margin: .5rem 0; font-size: .875rem; columns: 2 20rem; column-gap: 2rem; }
dl.words div { break-inside: avoid; margin-bottom: .6rem; }
dl.words dt { font-weight: 650; }
dl.words dt small { font-weight: 400; color: var(--muted); font-size: inherit; }
dl.words dd { margin: 0; }
footer { margin-top: 2rem; border-top: 1px solid var(--rule); padding-top: .75rem; }
@media (max-width: 54rem) { .tiles { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); } }
@media (max-width: 40rem) {
  body { padding: 1rem .75rem 2rem; }
  h1 { font-size: 1.4rem; }
  dl.about { grid-template-columns: 1fr; gap: 0; }
  dl.about dd { margin-bottom: .5rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .5rem; }
  .tiles li:first-child { grid-column: 1 / -1; }
  .pinned tbody th:first-child, .pinned thead th:first-child { position: sticky; left: 0; background: var(--ground); }
  .pinned tr.sum th:first-child { background: var(--soft); } }
@page { size: A4; margin: 14mm 12mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  h1 { font-size: 18pt; } h2 { font-size: 13pt; margin-top: 1.2rem; } h2, h3 { break-after: avoid; }
  .wide { overflow: visible; } table { font-size: 8.5pt; }
  th, td { padding: .15rem .35rem; }
  tr, figure, .tiles, .tiles li, dl.about { break-inside: avoid; } thead { display: table-header-group; }
  .tiles { grid-template-columns: repeat(5, 1fr); margin-right: 1px; } .tiles .value { font-size: 15pt; }
  .tiles li, tr.sum td, tr.sum th, tr.ours td, tr.ours th, .warn { print-color-adjust: exact;
  -webkit-print-color-adjust: exact; } }
"""
