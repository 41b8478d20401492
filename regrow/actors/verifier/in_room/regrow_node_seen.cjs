// Shell: notes, in each Node process of a test step, that it ran and which test runners it had loaded when it ended.
// Loaded through NODE_OPTIONS. What it writes are words, one a line, in the file that REGROW_SEEN names: a count that a
// program prints is believed only where a runner was loaded. Whatever goes wrong here is swallowed.
'use strict';
const fs = require('fs');
const file = process.env.REGROW_SEEN;
const KNOWN = /[\\/]node_modules[\\/](?:@[\w.-]+[\\/])?(mocha|jest|jest-\w+|vitest|ava|jasmine|jasmine-\w+|tap|tape|qunit|zora|brittle|tapsuite|uvu|karma|lab|node-tap|libtap|core|vows|nodeunit|expresso|test)[\\/]/;

function note(word) {
  try { fs.appendFileSync(file, word + '\n'); } catch (error) { /* see above */ }
}

function loaded() {
  const paths = Object.keys(require.cache || {});
  try { paths.push(fs.realpathSync(process.argv[1])); } catch (error) { /* no script */ }
  const found = new Set();
  for (const path of paths) {
    const match = KNOWN.exec(path);
    if (match && (match[1] !== 'core' || /@tapjs/.test(path))) { found.add(match[1]); }
  }
  if ((process.moduleLoadList || []).some((name) => /internal\/test_runner\/(?:harness|runner)/.test(name))) {
    found.add('node:test');
  }
  return found;
}

if (file) {
  note('node');
  process.on('exit', () => { for (const name of loaded()) { note('node ' + name); } });
}
