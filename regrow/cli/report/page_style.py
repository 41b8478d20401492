"""The style of the page: light and dark by what the reader prefers, wide and narrow, and on paper. Nothing is loaded."""

__all__ = ["STYLE"]

STYLE = """
:root{--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--paper:#fff;--card:#f6f8fa;--pass:#1a7f37;--healed:#9a6700;
--fail:#cf222e;--undecided:#8250df;--cancelled:#59636e;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--paper:#0d1117;--card:#161b22;
--pass:#3fb950;--healed:#d29922;--fail:#f85149;--undecided:#ab7df8}}
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,sans-serif}h1{font-size:1.45rem;margin:.2rem 0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.2rem 0 .7rem}
code,pre{font:.86em/1.5 ui-monospace,"SFMono-Regular",Menlo,monospace}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.6rem 0 0;
padding:.8rem;background:var(--card);border:1px solid var(--line);border-radius:8px;max-height:24rem;overflow:auto}
.badge{display:inline-block;padding:.15rem .8rem;border-radius:99px;color:var(--paper);font-weight:600;text-transform:uppercase;
letter-spacing:.04em;font-size:.85rem}.soft{color:var(--soft)}.numbers{display:flex;flex-wrap:wrap;gap:.8rem;margin:1.2rem 0}
.numbers div{flex:1 1 7rem;padding:.7rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:8px}
.numbers b{display:block;font-size:1.35rem}ol{list-style:none;margin:0;padding:0}li.step{border:1px solid var(--line);border-radius:8px;
margin:.5rem 0;background:var(--card)}summary{display:flex;gap:.8rem;align-items:baseline;padding:.6rem .9rem;cursor:pointer}
summary::-webkit-details-marker{display:none}summary code{flex:1;overflow-wrap:anywhere}.mark{font-weight:700;width:1.2rem}
.ok .mark{color:var(--pass)}.bad .mark{color:var(--fail)}details>div{padding:0 .9rem .9rem}.bar{height:3px;border-radius:2px;margin:0 .9rem .5rem}
.ok .bar{background:var(--pass)}.bad .bar{background:var(--fail)}.two{display:grid;grid-template-columns:1fr 1fr;gap:.8rem}
@media(max-width:40rem){.two{grid-template-columns:1fr}}.card{border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;margin:.6rem 0}
.spans div{display:grid;grid-template-columns:minmax(8rem,2fr) 5.5rem 3fr;gap:.8rem;align-items:center;font-size:.86rem;padding:.12rem 0}
.spans div>span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.spans .soft{text-align:right}.spans .bad>span:first-child{color:var(--fail)}
.track{background:var(--card);border-radius:3px}.spans .bar{display:block;height:.6rem;border-radius:3px;margin:0;opacity:.75}
.card h3{margin:0 0 .5rem;font-size:1rem}.card h4{margin:0;font-size:.8rem;color:var(--soft);text-transform:uppercase;letter-spacing:.05em}
.told{border-left:4px solid var(--verdict);padding:.1rem 0 .1rem 1rem;margin:1.2rem 0}.told p{margin:.5rem 0;overflow-wrap:anywhere}
.lead{font-size:1.15rem;font-weight:600;margin:.6rem 0}.quote{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.6rem .9rem;
margin:.6rem 0;overflow-wrap:anywhere}.quote b{margin-right:.5rem}.quote pre{background:none;border:0;padding:.2rem 0;margin:0}
.told dt,.facts dt{color:var(--soft)}.told dl,.facts{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;margin:.8rem 0 0}
.told dd,.facts dd{margin:0;overflow-wrap:anywhere}.diff{padding:0}.diff span{display:block;padding:0 .8rem}.diff .add{background:color-mix(in srgb,var(--pass) 16%,transparent)}
.diff .del{background:color-mix(in srgb,var(--fail) 16%,transparent)}.diff .at{color:var(--soft)}
@media(max-width:40rem){.told dl,.facts{grid-template-columns:1fr;gap:.1rem}.told dd,.facts dd{margin-bottom:.5rem}.spans div{grid-template-columns:minmax(7rem,2fr) 4.5rem 2fr}
body{padding:1.2rem .9rem 3rem}summary{flex-wrap:wrap}summary code{flex-basis:60%}}
table{border-collapse:collapse;width:100%;font-size:.9rem}th{color:var(--soft);font-weight:400}th,td{text-align:right;
padding:.3rem 0 .3rem .9rem;border-bottom:1px solid var(--line)}th:first-child,td:first-child{text-align:left;padding-left:0}
.card p{margin:.2rem 0 0;overflow-wrap:anywhere}@media print{body{max-width:none}pre{max-height:none}}
"""  # noqa: E501
