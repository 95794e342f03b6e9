package postgres

import "purse/internal/identity"

// PutChatSession keeps the session of a chat in place of an older one.
func (tx *Tx) PutChatSession(s identity.ChatSession) error {
	return tx.exec(`INSERT INTO chat_sessions (chat_id, user_id, session_id) VALUES ($1, $2, $3)
		ON CONFLICT (chat_id) DO UPDATE SET user_id = excluded.user_id, session_id = excluded.session_id`, s.Chat, int64(s.User), uuid(s.Session))
}

// ChatSession finds the session of a chat.
func (tx *Tx) ChatSession(chat int64) (identity.ChatSession, bool, error) {
	return tx.chatSession(`SELECT chat_id, user_id, session_id FROM chat_sessions WHERE chat_id = $1`, chat)
}

// ChatSessionOf finds the session of a user's chat.
func (tx *Tx) ChatSessionOf(user identity.UserID) (identity.ChatSession, bool, error) {
	return tx.chatSession(`SELECT chat_id, user_id, session_id FROM chat_sessions WHERE user_id = $1`, int64(user))
}

func (tx *Tx) chatSession(query string, key int64) (s identity.ChatSession, found bool, err error) {
	var user int64
	found, err = tx.row(query, []any{&s.Chat, &user, (*uuid)(&s.Session)}, key)
	s.User = identity.UserID(user)
	return s, found, err
}

// DeleteChatSession forgets the session of a chat.
func (tx *Tx) DeleteChatSession(chat int64) error {
	return tx.exec(`DELETE FROM chat_sessions WHERE chat_id = $1`, chat)
}
