package storetest

import "purse/internal/identity"

func chatSessions(p *people) {
	p.addUser(1)
	p.addUser(2)
	put := func(chat int64, user identity.UserID) identity.ChatSession {
		p.t.Helper()
		s := identity.ChatSession{Chat: chat, User: user, Session: p.ids.New(p.clock.Now())}
		p.update(func(tx identity.Tx) error { return tx.PutChatSession(s) })
		return s
	}
	found := func(chat int64, user identity.UserID, want identity.ChatSession) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			byChat, found, err := tx.ChatSession(chat)
			if err := p.same("by chat", []any{byChat, found}, []any{want, want.Chat != 0}, err); err != nil {
				return err
			}
			byUser, found, err := tx.ChatSessionOf(user)
			return p.same("by user", []any{byUser, found}, []any{want, want.Chat != 0}, err)
		})
	}
	none := identity.ChatSession{}
	found(9_007_199_254_740_991, 1, none)
	found(9_007_199_254_740_991, 1, put(9_007_199_254_740_991, 1))
	second := put(9_007_199_254_740_991, 1)
	found(9_007_199_254_740_991, 1, second)
	other := put(5, 2)
	p.update(func(tx identity.Tx) error { return tx.DeleteChatSession(9_007_199_254_740_991) })
	p.update(func(tx identity.Tx) error { return tx.DeleteChatSession(9_007_199_254_740_991) })
	found(9_007_199_254_740_991, 1, none)
	found(5, 2, other)
}
