package gift

import (
	"net/http"
	"strconv"

	"purse/internal/gift"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/surface"
)

// maxText is the longest message, in characters.
const maxText = 150

// departed is how the author of a message is called who has left.
const departed = "탈퇴한 사용자"

// message is a message as the document prints it.
type message struct {
	ID       gift.MessageID `json:"id"`
	Text     string         `json:"message"`
	Amount   int64          `json:"amount"` // whole units: won and play money have no smaller ones
	Moneybag bool           `json:"is_moneybag"`
	Image    string         `json:"image_name"`
	Author   string         `json:"author_name"`
}

func showMessage(m gift.Message) message {
	author := departed
	if m.Sender != 0 {
		author = nameOf(m.Author)
	}
	return message{m.ID, m.Text, m.Amount.Minor(), m.Moneybag, m.Image(), author}
}

func (s Services) send(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	request := gift.SendRequest{
		Sender:   surface.Owner(c),
		Text:     in.String("message", bind.Max(maxText), bind.Multiline),
		Amount:   in.Int("amount", bind.Positive),
		Moneybag: in.Bool("is_moneybag"),
		Key:      surface.Key(c),
	}
	if err := in.Err(); err != nil {
		return err
	}
	receiver, ok := surface.ParseID(c.PathValue("id"))
	if !ok {
		return gift.ErrNoReceiver
	}
	request.Receiver = ledger.OwnerID(receiver)
	made, err := s.Gifts.Send(c.Context(), request)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, showMessage(made))
}

type ownInfo struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Total    int64  `json:"total_amount"`
}

type messageList struct {
	User     ownInfo   `json:"user_info"`
	Count    int64     `json:"message_set_count"` // of all messages
	Next     *string   `json:"next"`
	Previous *string   `json:"prev"`
	Messages []message `json:"messages"`
}

func (s Services) list(c *httpkit.Call) error {
	if !own(c) {
		return errNotYours
	}
	number := int64(1)
	if query := c.Request().URL.Query(); query.Get("page") != "" {
		in := bind.Parse(nil, "")
		number, _ = in.Query(query).OptionalInt("page", bind.Positive)
		if err := in.Err(); err != nil {
			return err
		}
	}
	page, err := s.Gifts.Messages(c.Context(), surface.Owner(c), number)
	if err != nil {
		return err
	}
	answer := messageList{
		User:  ownInfo{nameOf(page.User.Profile), page.User.Email, page.Total.Minor()},
		Count: page.Count, Messages: make([]message, len(page.Messages)),
	}
	for i, m := range page.Messages {
		answer.Messages[i] = showMessage(m)
	}
	if number < page.Last() {
		answer.Next = pageURL(c, page.User.ID, number+1)
	}
	if number > 1 {
		answer.Previous = pageURL(c, page.User.ID, min(number-1, page.Last())) // of a page past the end, the last one
	}
	return c.JSON(http.StatusOK, answer)
}

// pageURL is the whole address of a page, as the client reaches Purse.
func pageURL(c *httpkit.Call, user identity.UserID, page int64) *string {
	url := c.Origin() + "/api/user/" + strconv.FormatInt(int64(user), 10) + "/messages?page=" + strconv.FormatInt(page, 10)
	return &url
}

func (s Services) detail(c *httpkit.Call) error {
	if !own(c) {
		return errNotYours
	}
	id, ok := surface.ParseID(c.PathValue("message_id"))
	if !ok {
		return gift.ErrNoMessage
	}
	found, err := s.Gifts.Message(c.Context(), surface.Owner(c), gift.MessageID(id))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showMessage(found))
}
