// Drives a sandbox with grammY: what one client library takes for granted shows where the sandbox is too lenient or too strict.
// Usage: node drive.mjs API_URL CONTROL_URL TOKEN. Prints one JSON object with what it saw.

import { Bot, GrammyError, HttpError, InlineKeyboard, InputFile, InputMediaBuilder } from 'grammy';

const [apiRoot, control, token] = process.argv.slice(2);
const seen = { errors: {} };

async function sandbox(path, body) {
  const answer = await fetch(`${control}sandbox/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function refusal(name, call) {
  try {
    await call();
    seen.errors[name] = 'taken';
  } catch (error) {
    if (error instanceof GrammyError) seen.errors[name] = `${error.error_code} ${error.description}${error.parameters.retry_after ? ` (${error.parameters.retry_after})` : ''}`;
    else if (error instanceof HttpError) seen.errors[name] = 'HttpError';
    else throw error;
  }
}

const bot = new Bot(token, { client: { apiRoot } });
const person = (await sandbox('people', { first_name: 'Grace' })).id;

await refusal('not started', () => bot.api.sendMessage(person, 'hello'));

bot.command('start', async ctx => {
  seen.command = ctx.match;
  await ctx.reply('*Run* `metric_report.py`?', { parse_mode: 'Markdown', reply_markup: new InlineKeyboard().text('Run', 'run:1') });
});
bot.callbackQuery('run:1', async ctx => {
  await ctx.answerCallbackQuery('Started');
  await ctx.editMessageText('<b>Delivered</b>', { parse_mode: 'HTML' });
});
await bot.api.setMyCommands([{ command: 'start', description: 'Link' }]);
seen.commands = await bot.api.getMyCommands();

const polling = bot.start({ onStart: async me => {
  seen.username = me.username;
  await sandbox(`chats/${person}/text`, { text: '/start payload_1' });
} });
// The press waits for the bot's answer; it is repeated until the message with the button is there.
for (let tries = 0; tries < 600 && !seen.answer; tries++) {
  try {
    seen.answer = (await sandbox(`chats/${person}/press`, { button: 'Run', wait_seconds: 30 })).answer;
  } catch {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const photo = await bot.api.sendPhoto(person, new InputFile(png, 'chart.png'), { caption: '_Chart_', parse_mode: 'MarkdownV2' });
seen.photo = [photo.photo.at(-1).width, photo.caption, photo.caption_entities[0].type];
const document = await bot.api.sendDocument(person, new InputFile(Buffer.from('a,b\n'), 'data.csv'));
seen.document = [document.document.file_name, document.document.file_size];

const album = await bot.api.sendMediaGroup(person, [
  InputMediaBuilder.photo(new InputFile(png, 'a.png'), { caption: '<u>A</u>', parse_mode: 'HTML' }),
  InputMediaBuilder.photo(new InputFile(png, 'b.png')),
]);
seen.album = album.map(message => [message.media_group_id === album[0].media_group_id, message.caption ?? '']);
await refusal('mixed album', () => bot.api.sendMediaGroup(person, [
  InputMediaBuilder.photo(new InputFile(png, 'a.png')),
  InputMediaBuilder.document(new InputFile(png, 'b.png')),
]));

await refusal('too long', () => bot.api.sendMessage(person, 'a'.repeat(4097)));
await refusal('markdown', () => bot.api.sendMessage(person, 'stg_orders', { parse_mode: 'Markdown' }));
await refusal('button data', () => bot.api.sendMessage(person, 'x', { reply_markup: new InlineKeyboard().text('x', 'd'.repeat(65)) }));
await refusal('no chat', () => bot.api.sendMessage(1, 'x'));
await refusal('no edit', () => bot.api.editMessageText(person, 99999, 'x'));
await refusal('wrong token', () => new Bot('110201:AAH-another-token-entirely-0000', { client: { apiRoot } }).api.getMe());
await sandbox('faults', { kind: 'answer', status: 429, retry_after: 7, method: 'sendMessage', times: 1 });
await refusal('flood', () => bot.api.sendMessage(person, 'x'));
await sandbox('faults', { kind: 'answer', status: 502, body: '<html>Bad Gateway</html>', method: 'sendMessage', times: 1 });
await refusal('html', () => bot.api.sendMessage(person, 'x'));
await sandbox('faults', { kind: 'drop', method: 'sendMessage', times: 1 });
await refusal('dropped', () => bot.api.sendMessage(person, 'x'));
await refusal('whole again', () => bot.api.sendMessage(person, 'x'));

await bot.stop();
await polling;
console.log(JSON.stringify(seen));
