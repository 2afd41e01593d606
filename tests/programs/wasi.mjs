// Runs a WASI program with Node's own WASI: node wasi.mjs PROGRAM.wasm [ARGUMENT...]
// The program sees the environment, and the folder that WASI_FOLDER names as itself.
import { readFile } from 'node:fs/promises';
import { argv, env, exit } from 'node:process';
import { WASI } from 'node:wasi';

const [program, ...rest] = argv.slice(2);
const wasi = new WASI({
    version: 'preview1',
    args: [program, ...rest],
    env,
    preopens: { [env.WASI_FOLDER]: env.WASI_FOLDER },
});
const { instance } = await WebAssembly.instantiate(await readFile(program), wasi.getImportObject());
exit(wasi.start(instance));
