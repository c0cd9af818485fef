export const pageStyle = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b2330; --soft: #5a6577; --line: #e3e7ed; --positive: #2f7fd6; --negative: #d6562f; --forward: #0b62c4; --backward: #c2500a; }
@media (prefers-color-scheme: dark) {
  :root { --page: #10141b; --card: #1a202b; --ink: #e6eaf1; --soft: #9aa6b8; --line: #2c3543; --forward: #6db1ff; --backward: #ffa15c; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; padding: 12px 20px; background: var(--page); border-bottom: 1px solid var(--line); }
h1 { margin: 0 0 8px; font-size: 22px; line-height: 1.25; }
h2 { margin: 0 0 8px; font-size: 18px; }
h3 { margin: 16px 0 4px; font-size: 14px; color: var(--soft); font-weight: 600; }
nav { display: flex; gap: 12px; align-items: center; }
nav input { flex: 1; max-width: 640px; accent-color: var(--forward); }
nav output { font-variant-numeric: tabular-nums; color: var(--soft); white-space: nowrap; }
button { padding: 4px 14px; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: inherit; font: inherit; cursor: pointer; }
button:disabled { opacity: 0.4; cursor: default; }
main { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start; padding: 20px; }
.picture { flex: 1 1 480px; max-width: 100%; max-height: calc(100vh - 130px); overflow: auto; }
.steps { flex: 1 1 320px; min-width: 0; max-width: 560px; padding: 16px 20px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.formula { margin: 0 0 8px; padding: 8px 12px; border-left: 3px solid var(--backward); background: var(--page); }
figure { margin: 8px 0; overflow-x: auto; }
figure p, section > p { margin: 2px 0; color: var(--soft); font-size: 13px; }
section > .formula { color: inherit; font-size: 15px; }
small { color: var(--soft); }
table { border-collapse: collapse; font: 12px ui-monospace, monospace; font-variant-numeric: tabular-nums; }
td { padding: 2px 7px; border: 1px solid var(--line); text-align: right; }
@media (max-width: 860px) { .picture { flex-basis: 100%; max-height: 48vh; } }
.later { visibility: hidden; }
.graph .forward rect { stroke: var(--forward); stroke-width: 3; }
.graph .forward path { stroke: var(--forward); stroke-width: 2; }
.graph .backward rect { stroke: var(--backward); stroke-width: 3; }
.graph .backward path { stroke: var(--backward); stroke-width: 2; }
`;
