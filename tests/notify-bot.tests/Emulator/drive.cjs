// Starts the emulator and plays the person: types each argument's text and prints what the bot answered, as one JSON line each.
const TelegramServer = require('telegram-test-api');

(async () => {
  const [port, token, ...texts] = process.argv.slice(2);
  const server = new TelegramServer({ port: Number(port), host: '127.0.0.1', storage: 'RAM', storeTimeout: 600 });
  await server.start();
  console.log('ready');
  await new Promise((go) => process.stdin.once('data', go));
  const person = server.getClient(token, { timeout: 60000 });
  for (const text of texts) {
    await person.sendMessage(person.makeMessage(text));
    const answers = await person.getUpdates();
    console.log(JSON.stringify(answers.result.map((answer) => answer.message.text)));
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
