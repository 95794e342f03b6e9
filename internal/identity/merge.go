package identity

import "purse/internal/id"

// mergeChat merges a user who has nothing but their Telegram chat into another,
// or returns ErrChatTaken.
func (s *Service) mergeChat(tx Tx, from, into User) error {
	hash, err := tx.Credential(from.ID)
	if err != nil {
		return err
	}
	if from.Email != "" || from.Phone != "" || from.Login != "" || from.SocialSecurity != nil || hash != "" {
		return ErrChatTaken
	}
	return s.merge(tx, from, into)
}

// merge ends one user, whose things become another's: first what the products
// keep (Options.OnMerged), then the identifiers are free, the sessions over and
// the user inactive. Both users are locked. Roles and groups stay behind: they
// were given to a person who is no more.
func (s *Service) merge(tx Tx, from, into User) error {
	for _, handOver := range s.onMerged {
		if err := handOver(tx, from.ID, into.ID); err != nil {
			return err
		}
	}
	if err := s.releaseChat(tx, from); err != nil {
		return err
	}
	from.TelegramID, from.Status = 0, Inactive
	if err := tx.UpdateUser(from); err != nil {
		return err
	}
	return s.EndSessions(tx, from.ID, id.UUID{})
}
