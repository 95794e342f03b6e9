// Package avatar is the picture that stands for a person: one that they gave, or
// their initials on their colour. It decides what a picture may be, makes every
// given one anew, so that nothing of the file itself is kept, and names what is
// shown by its content. It keeps rows through Tx; HTTP and addresses must not be here.
package avatar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/secret"
	"purse/internal/unit"
)

// MaxBytes is the most bytes of a picture that somebody gives.
const MaxBytes = 5 << 20

// Errors of a picture.
var (
	// ErrNone is a name that no picture has.
	ErrNone = fault.Define(fault.NotFound, "avatar.none", "no such picture")
	// ErrFormat is a file that is no whole PNG, JPEG or WebP picture.
	ErrFormat = fault.Define(fault.Invalid, "avatar.format", "the file is not a PNG, JPEG or WebP picture")
	// ErrTooLarge is a file of more than MaxBytes.
	ErrTooLarge = fault.Define(fault.Invalid, "avatar.too_large", "the picture's file is larger than 5 MiB")
	// ErrTooManyPixels is a picture of more than MaxPixels.
	ErrTooManyPixels = fault.Define(fault.Invalid, "avatar.too_many_pixels", "the picture has too many pixels")
)

// Digest is the SHA-256 of a picture's bytes.
type Digest = [sha256.Size]byte

// Picture is what is kept of a picture that somebody gave.
type Picture struct {
	Type   string // "image/jpeg" or "image/png"
	Bytes  []byte // Side × Side pixels
	Digest Digest
}

// Tx is the rows that pictures need inside a unit of work.
type Tx interface {
	// User reads a user, or returns identity.ErrNoUser.
	User(identity.UserID) (identity.User, error)
	// Picture reads the picture that a user gave.
	Picture(identity.UserID) (picture Picture, found bool, err error)
	// PutPicture keeps a picture in place of the user's older one.
	PutPicture(user identity.UserID, picture Picture) error
	// DeletePicture removes it; it is no error when there is none.
	DeletePicture(identity.UserID) error
	// PictureDigests reads the digests of the pictures of many users; those who
	// have none are left out.
	PictureDigests([]identity.UserID) (map[identity.UserID]Digest, error)
}

// KeptKey is the key that outlives the root key: the names of pictures stay in
// the memory of those who show them.
const KeptKey = "avatar"

// Service is pictures as the surfaces use them. It is safe for concurrent use.
type Service struct {
	work     unit.Work[Tx]
	tags     *secret.Hasher
	decoding chan struct{} // one picture at a time is decoded: see MaxPixels
}

// New makes a service.
func New(work unit.Work[Tx], root *secret.Root) *Service {
	return &Service{work: work, tags: root.Kept(KeptKey), decoding: make(chan struct{}, 1)}
}

// Image is a picture as it is shown.
type Image struct {
	Type    string
	Bytes   []byte
	Tag     string // changes with the content
	Current bool   // the name was that of this content, which never changes
}

// Names gives the name under which each user's picture is found now.
func (s *Service) Names(ctx context.Context, users ...identity.User) ([]string, error) {
	ids := make([]identity.UserID, len(users))
	for i, user := range users {
		ids[i] = user.ID
	}
	var digests map[identity.UserID]Digest
	err := s.work.View(ctx, func(tx Tx) (err error) {
		digests, err = tx.PictureDigests(ids)
		return err
	})
	names := make([]string, len(users))
	for i, user := range users {
		content := initials(user)
		if digest, given := digests[user.ID]; given {
			content = hex.EncodeToString(digest[:])
		}
		names[i] = strconv.FormatInt(int64(user.ID), 10) + "-" + s.tag(user, content)
	}
	return names, err
}

// tag names a user's content. It is keyed, so that nobody finds out the initials
// of people they do not see by trying.
func (s *Service) tag(user identity.User, content string) string {
	sum := s.tags.Sum(strconv.FormatInt(int64(user.ID), 10) + " " + user.BackgroundColor + " " + content)
	return hex.EncodeToString(sum[:8])
}

// Find reads the picture of a name. One that a user had before leads to the one
// that they have now, where others may see their account. ErrNone.
func (s *Service) Find(ctx context.Context, name string) (image Image, err error) {
	id, tag, _ := strings.Cut(name, "-")
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Image{}, ErrNone
	}
	var user identity.User
	var picture Picture
	given := false
	err = s.work.View(ctx, func(tx Tx) error {
		if user, err = tx.User(identity.UserID(number)); err != nil {
			return err
		}
		picture, given, err = tx.Picture(user.ID)
		return err
	})
	if errors.Is(err, identity.ErrNoUser) {
		return Image{}, ErrNone
	}
	if err != nil {
		return Image{}, err
	}
	if given {
		image = Image{Type: picture.Type, Bytes: picture.Bytes, Tag: s.tag(user, hex.EncodeToString(picture.Digest[:]))}
	} else {
		image = Image{Type: "image/svg+xml", Bytes: drawInitials(user), Tag: s.tag(user, initials(user))}
	}
	image.Current = image.Tag == tag
	if user.Status != identity.Active || !image.Current && !user.Public() {
		return Image{}, ErrNone
	}
	return image, nil
}

// Set makes a picture from a file and keeps it for a user. Errors: ErrTooLarge,
// ErrTooManyPixels, ErrFormat, and identity.ErrNoUser for one who may not act.
func (s *Service) Set(ctx context.Context, user identity.UserID, file []byte) error {
	picture, err := s.remake(ctx, file)
	if err != nil {
		return err
	}
	return s.work.Update(ctx, func(tx Tx) error {
		if _, err := identity.ActiveUser(tx, user); err != nil { // they may have left while the picture was made
			return err
		}
		return tx.PutPicture(user, picture)
	})
}

// remake is the picture in a file, without anything else that is in it.
func (s *Service) remake(ctx context.Context, file []byte) (Picture, error) {
	if len(file) > MaxBytes {
		return Picture{}, ErrTooLarge
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return Picture{}, fault.ErrUnavailable.Because(ctx.Err())
	}
	return remake(file)
}

// Remove goes back to the initials.
func (s *Service) Remove(ctx context.Context, user identity.UserID) error {
	return s.work.Update(ctx, func(tx Tx) error { return tx.DeletePicture(user) })
}
