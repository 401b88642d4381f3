// A client of the gateway on npm's ws. Says what stdin says, a line a message; prints what comes, a JSON object a line.
const readline = require('node:readline');
const { WebSocket } = require('ws');

const tell = what => console.log(JSON.stringify(what));
const socket = new WebSocket(process.argv[2]);
socket.on('open', () => readline.createInterface({ input: process.stdin }).on('line', line => socket.send(line)));
socket.on('message', data => tell({ text: data.toString() }));
socket.on('close', (code, reason) => {
  tell({ closed: code, reason: reason.toString() });
  process.exit(0);
});
socket.on('error', error => console.error(error));
