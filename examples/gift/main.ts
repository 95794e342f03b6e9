// New Year's messages with money between two friends. The types of all requests
// and answers are generated from the surface's document; its texts are Korean.
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const baseUrl = process.env.PURSE_URL ?? 'http://127.0.0.1:8000';
const number = Date.now();

interface Answer<T> { data?: T; error?: unknown; response: Response }

// must is the data of an answer that has to be a good one.
async function must<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (data === undefined) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  return data;
}

// Friend is somebody who is registered and signed in. Their token says who they
// are; when it no longer counts it is renewed once, and the request sent again.
class Friend {
  readonly gift = createClient<paths>({ baseUrl, fetch: (request) => this.authorized(request) });
  private constructor(private access: string, private refresh: string) {}

  static async join(username: string, email: string): Promise<Friend> {
    const stranger = createClient<paths>({ baseUrl });
    const password = 'Vhtmxmaos123#';
    console.log((await must(stranger.POST('/api/user/register', { body: { username, email, password } }))).success);
    const tokens = await must(stranger.POST('/api/user/login', { body: { email, password } }));
    return new Friend(tokens.access_token, tokens.refresh_token);
  }

  get id(): number {
    const claims = JSON.parse(Buffer.from(this.access.split('.')[1] ?? '', 'base64url').toString()) as { sub: number };
    return claims.sub;
  }

  async renew(): Promise<void> {
    const tokens = await must(createClient<paths>({ baseUrl }).POST('/api/user/refresh', { headers: { Authorization: `Bearer ${this.refresh}` } }));
    this.access = tokens.access_token;
    this.refresh = tokens.refresh_token;
  }

  expire(): void { this.access = 'expired'; }

  private async authorized(request: Request): Promise<Response> {
    const send = (): Promise<Response> => {
      const copy = request.clone();
      copy.headers.set('Authorization', `Bearer ${this.access}`);
      return fetch(copy);
    };
    const answer = await send();
    if (answer.status !== 401) return answer;
    await this.renew();
    return send();
  }
}

const jae = await Friend.join('정재균', `jae${number}@example.com`);
const min = await Friend.join('민수', `min${number}@example.com`);

const id = jae.id;
const wishes = ['새해 복 많이 받으세요!', '건강하세요.', '올해도 잘 부탁드려요.'];
for (const [i, message] of wishes.entries()) {
  const sent = await must(min.gift.POST('/api/user/{id}/messages', {
    params: { path: { id }, header: { 'Idempotency-Key': `${number}-${i}` } },
    body: { message, amount: 5000, is_moneybag: false },
  }));
  console.log(`민수 → 정재균: ${sent.message} (${sent.amount}, ${sent.image_name})`);
}

jae.expire(); // as it will be after 24 hours
const page = await must(jae.gift.GET('/api/user/{id}/messages', { params: { path: { id } } }));
for (const { author_name, message, amount } of page.messages) console.log(`정재균 reads: ${message} (${amount}, from ${author_name})`);
console.log(`정재균 has ${page.message_set_count} messages and ${page.user_info.total_amount} in all`);

const odd = await min.gift.POST('/api/user/{id}/messages', { params: { path: { id } }, body: { message: '용돈', amount: 5001, is_moneybag: false } });
console.log(`5001 is not a note: ${odd.response.status} ${JSON.stringify(odd.error)}`);
