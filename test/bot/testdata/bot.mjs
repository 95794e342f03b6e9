// A Telegram finance bot with nothing but what Node brings along. It does what a
// bot on top of the documented API does: it registers its chat, asks for a token
// before each request, and asks once more when a token is no longer good.
// Usage: node bot.mjs BASE_URL CHAT_ID

class Bot {
  constructor(baseUrl) {
    this.baseUrl = baseUrl;
    this.asked = 0;
  }

  // Sends one request and returns its status and its answer.
  async send(method, path, { params, body, token } = {}) {
    const query = params ? '?' + new URLSearchParams(params) : '';
    const headers = { 'Content-Type': 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(this.baseUrl + path + query, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
    return [answer.status, await answer.json()];
  }

  register(chatId, username, firstName) {
    const params = { chat_id: chatId, username, first_name: firstName };
    return this.send('POST', '/api/v1/auth/telegram/register', { params, body: {} });
  }

  async token(chatId) {
    this.asked++;
    const [status, answer] = await this.send('POST', '/api/v1/auth/token/get', { body: { chat_id: chatId } });
    if (status !== 200) throw new Error(answer.detail);
    return answer.access_token;
  }

  // Calls as the chat's user; a token that is no longer good is replaced once.
  async call(method, path, chatId, token) {
    const first = await this.send(method, path, { token: token ?? await this.token(chatId) });
    if (first[0] !== 401) return first;
    return this.send(method, path, { token: await this.token(chatId) });
  }
}

const [base, chatText] = process.argv.slice(2);
const bot = new Bot(base);
const chat = Number(chatText);
const report = {};
await bot.token(chat).catch((error) => { report.unknown = error.message; });
report.first = (await bot.register(chat, 'john_doe', 'Jöhn & Søn'))[1].created;
report.second = (await bot.register(chat, 'john_doe', 'Jöhn & Søn'))[1].created;
report.accounts = await bot.call('GET', '/api/v1/accounts', chat);
const old = await bot.token(chat);
report.logout = await bot.call('POST', '/api/v1/auth/logout', chat);
report.again = await bot.call('GET', '/api/v1/accounts', chat, old);
report.asked = bot.asked;
console.log(JSON.stringify(report));
