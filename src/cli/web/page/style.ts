/** The style sheet of the page: system fonts, colour for states only, one column on a phone. */
export const style = `:root{color-scheme:light dark;--text:#1c1e21;--soft:#565c64;--back:#fff;--line:#d5d8dc;--bad:#b3141d;--late:#8a5200;--busy:#0b57a4;--well:#1f6b2c;--held:#565c64;--unknown:#565c64}
@media (prefers-color-scheme:dark){:root{--text:#e6e8eb;--soft:#a3aab3;--back:#15171a;--line:#383d43;--bad:#ff8a85;--late:#f0b45c;--busy:#7fb9f5;--well:#7fce8d;--held:#a3aab3;--unknown:#a3aab3}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:0 1rem 3rem;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--back)}
header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;padding:.75rem 0;border-bottom:1px solid var(--line)}
header p{margin:0;color:var(--soft)}
nav{margin-left:auto}
nav a+a{margin-left:1rem}
nav a[aria-current]{color:inherit;font-weight:600;text-decoration:none}
a{color:var(--busy);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--busy);outline-offset:2px}
h1{font-size:1.5rem;line-height:1.25;margin:1.5rem 0 .5rem}
h2{font-size:1rem;margin:2rem 0 .25rem}
h1,h2,td,li,dd,code{overflow-wrap:anywhere}
ul{list-style:none;margin:0;padding:0}
.counts{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.needs li{padding:.6rem 0;border-bottom:1px solid var(--line)}
.needs p{margin:0}
.soft{color:var(--soft)}
.state{font-weight:600;white-space:nowrap}
.bad{color:var(--bad)}.late{color:var(--late)}.busy{color:var(--busy)}.well{color:var(--well)}.held{color:var(--held)}.unknown{color:var(--unknown)}
.banner{border:1px solid var(--bad);border-radius:.25rem;padding:.5rem .75rem;margin:1rem 0 0}
code{font:.9em/1.4 ui-monospace,monospace}
table{width:100%;border-collapse:collapse;margin-top:1rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
th{font-size:.875rem;color:var(--soft);font-weight:400}
form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:end;margin-top:1rem}
label{display:grid;font-size:.875rem;color:var(--soft)}
input,select,button{font:inherit;min-height:2.25rem;max-width:100%}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.5rem;margin:1rem 0}
dt{color:var(--soft)}
dd{margin:0}
@media (max-width:40rem){nav{margin-left:0}thead{position:absolute;clip-path:inset(50%)}tr,td{display:block}tr{padding:.5rem 0;border-bottom:1px solid var(--line)}td{border:0;padding:0}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
`;
