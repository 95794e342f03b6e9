package portable

import "strings"

// Schema is the version of the schema whose tables these are: whoever adds a
// migration raises it, and adds here what the migration adds.
const Schema = 12

// tables are all that a database of this version has, but for those that an
// engine keeps for itself; the contract of engines (storetest.Exchange) holds
// them to it. Rows refer only to rows of tables that stand before theirs. A "?"
// is Column.Empty.
var tables = []Table{
	table("meta", "key", "key text, value bytes"),
	table("sequences", "name", "name text, next number"),
	table("accounts", "id", `id number, owner_id number, kind text, currency text, balance number, held number, status text, entries number,
		last_entry_id number, last_hash bytes, created_at time`),
	table("system_accounts", "kind, currency", "kind text, currency text, account_id number"),
	table("transfers", "id", "id uuid, kind text, actor_id number, meta text, at time, reverses uuid, first_entry_id number, entry_count number"),
	table("entries", "id", `id number, transfer_id uuid, posting number, account_id number, counter_id number, amount number, balance_after number,
		seq number, previous_id number, hash bytes`),
	table("holds", "id", `id uuid, account_id number, to_id number, amount number, currency text, state text, transfer_id uuid, created_at time,
		expires_at time`),
	table("idempotency_keys", "scope, value", "scope text, value bytes, fingerprint bytes, ref text, refusal text, expires_at time"),
	table("claims", "kind, value", "kind text, value text, subject number"),
	table("users", "id", `id number, uuid uuid, first_name text, last_name text, date_of_birth date?, address text, city text, state text,
		post_code text, email text, phone text, social_security bytes, two_factor_required flag, status text, created_at time, login text,
		telegram_id number, username text, patronymic text, description text, background_color text, profile_image text, email_verified flag,
		updated_at time`),
	table("credentials", "user_id", "user_id number, hash text"),
	table("registrations", "email", "email text, phone text, social_security bytes, created_at time"),
	table("codes", "flow, person", "flow text, person bytes, hash bytes, expires_at time"),
	table("wrong_codes", "flow, person, at", "flow text, person bytes, at time"),
	table("failures", "scope, attempt", "scope bytes, attempt uuid, at time"),
	table("failure_blocks", "scope", "scope bytes, strikes number, until time"),
	table("resets", "user_id", "user_id number, token bytes, expires_at time"),
	table("sessions", "token", `token bytes, id uuid, user_id number, surface text, assurance number, user_agent text, address text, created_at time,
		last_used_at time, expires_at time, revoked_at time`),
	table("refresh_tokens", "id", "id uuid, session_id uuid, user_id number, expires_at time, spent_at time"),
	table("chat_sessions", "chat_id", "chat_id number, user_id number, session_id uuid"),
	table("pending", "id", "id uuid, flow text, user_id number, email text, phone text, mailed flag, hash text, code bytes, expires_at time"),
	table("email_links", "user_id", "user_id number, hash bytes, expires_at time"),
	table("roles", "id", "id number, name text"),
	table("role_permissions", "role_id, permission", "role_id number, permission text"),
	table("user_roles", "user_id, role_id", "user_id number, role_id number"),
	table("user_permissions", "user_id, permission", "user_id number, permission text"),
	table("user_groups", "id", "id number, name text"),
	table("group_members", "user_id, group_id", "user_id number, group_id number"),
	table("outbox", "id", "id uuid, recipient bytes, sealed bytes, state text, kept flag, attempts number, due_at time, owner text"),
	table("jobs", "name", "name text, due_at time, run_at time, failures number, last_error text, lease_owner text, lease_until time?"),
	table("wallets", "account_id", `account_id number, owner_id number, currency text, number text, created_at time, name text, updated_at time,
		fee_due_at time, position number`),
	table("cards", "account_id", `account_id number, owner_id number, wallet_id number, currency text, sealed_number bytes, last_four text,
		first_name text, last_name text, expiry_year number, expiry_month number, opening number, created_at time, deleted_at time`),
	table("savings", "account_id", `account_id number, owner_id number, currency text, name text, goal number, opening number, created_at time,
		deleted_at time`),
	table("bills", "id", "id number, owner_id number, currency text, name text, amount number, due_at time, created_at time, paid_by uuid"),
	table("fx_rates", "currency", "currency text, rate text, base text, at time"),
	table("bot_clients", "client_id, id", "client_id text, id number, secret bytes, created_at time"),
	table("bot_signatures", "hash", "hash bytes, expires_at time"),
	table("pictures", "user_id", "user_id number, type text, digest bytes, bytes bytes"),
	table("gift_messages", "receiver_id, id", `receiver_id number, id number, sender_id number, text text, currency text, amount number, moneybag flag,
		transfer_id uuid, created_at time`),
	table("gift_boxes", "owner_id", "owner_id number, account_id number, messages number, received number"),
}

// Tables are the tables of a database of this version, without their rows.
func Tables() []Table { return append([]Table(nil), tables...) }

func table(name, order, columns string) Table {
	t := Table{Name: name, Order: order}
	for _, text := range strings.Split(columns, ",") {
		words := strings.Fields(text)
		kind, empty := strings.CutSuffix(words[1], "?")
		t.Columns = append(t.Columns, Column{Name: words[0], Kind: Kind(kind), Empty: empty})
	}
	return t
}
