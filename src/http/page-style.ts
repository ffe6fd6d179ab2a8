import { hash } from 'node:crypto';

/** The one style sheet of our pages. Nothing is said by colour alone. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d5d9de;--link:#0b57b0;
--good:#17692f;--bad:#b3261e;--wait:#8a5300;--busy:#0b57b0;--yes:#17692f;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e7e9eb;--soft:#a3acb5;--line:#3a4149;
--link:#8ab8ff;--good:#6fce8a;--bad:#ff8f86;--wait:#f0b45a;--busy:#8ab8ff;--yes:#8fdca5;--on:#10140f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main{max-width:70rem;margin:0 auto;padding:.75rem 1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:baseline;border-bottom:1px solid var(--line)}
header strong{font-size:1.1rem}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
h1{font:600 1.35rem/1.3 ui-monospace,monospace;margin:.75rem 0 .25rem}
h2{font-size:1.05rem;margin:1.75rem 0 .5rem}
.card h2{margin:0 0 .25rem}
p{margin:.25rem 0}
code,pre,.mono{font-family:ui-monospace,monospace;font-size:.9em}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.chip{display:inline-block;padding:0 .5rem;border:1px solid;border-radius:1rem;font-size:.8125rem;font-weight:600;
white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}.wait{color:var(--wait)}.busy{color:var(--busy)}.plain{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;margin:.5rem 0}
.card.wait-box{border-left:5px solid var(--wait)}
.said{border-left:5px solid var(--good)}.said.no{border-left-color:var(--bad)}
ul.list{list-style:none;margin:0;padding:0}
ul.list .card{display:grid;grid-template-columns:10.5rem 1fr auto;gap:.125rem 1rem;align-items:baseline}
ul.list .card>:nth-child(2){min-width:0}
dl{display:grid;grid-template-columns:9rem 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{color:var(--soft)}dd{margin:0;min-width:0}
ol.time{list-style:none;margin:0;padding:0}
ol.time li{display:grid;grid-template-columns:16rem 1fr;gap:0 1rem;padding:.3rem 0;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:500;white-space:nowrap}
.verdicts td:nth-child(2){width:1%}
th:first-child,td:first-child{white-space:nowrap;width:1%}
del,ins{text-decoration:none;padding:0 .2rem}
del{color:var(--bad)}ins{color:var(--good)}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0}
button{font:inherit;font-weight:600;padding:.4rem 1rem;border:1px solid var(--line);border-radius:6px;cursor:pointer;
background:var(--card);color:var(--ink);min-height:2.5rem}
button:hover{border-color:currentColor}
button.go{background:var(--yes);border-color:var(--yes);color:var(--on)}
button.stop{color:var(--bad);border-color:var(--bad)}
input{font:inherit;padding:.4rem .6rem;border:1px solid var(--soft);border-radius:6px;background:var(--bg);
color:var(--ink);flex:1 1 14rem;min-width:0;max-width:30rem;min-height:2.5rem}
@media(max-width:40rem){
ul.list .card{grid-template-columns:1fr}
ol.time li,dl{grid-template-columns:1fr;gap:0}
dd{margin-bottom:.4rem}
.change th:first-child,.change td:first-child{white-space:normal;width:auto}
form button{flex:1 0 auto}
}
`;

/** What a Content-Security-Policy lets it through by. */
export const STYLE_SOURCE = `'sha256-${hash('sha256', STYLE, 'base64')}'`;
