package identity

// What tests outside of the package may set or see.

var (
	CheckPasswordPolicy = checkPassword
	NewCode             = newCode
	Network             = network
)

// UseCost makes a service hash at another cost, as one built with other
// parameters would.
func UseCost(s *Service, memoryKiB, passes uint32) {
	s.hasher = newHasher(argonCost{memoryKiB: memoryKiB, passes: passes, lanes: 1})
}

// OccupySlots takes every slot of the hasher until release is called.
func OccupySlots(s *Service) (release func()) {
	for range cap(s.hasher.slots) {
		s.hasher.slots <- struct{}{}
	}
	return func() {
		for range cap(s.hasher.slots) {
			<-s.hasher.slots
		}
	}
}

// Waiting is how many wait for a slot.
func Waiting(s *Service) int { return int(s.hasher.waiting.Load()) }

// MaxWaiting is how many may.
func MaxWaiting(s *Service) int { return waitersPerSlot * cap(s.hasher.slots) }

// OpenSocialSecurity reads the sealed number of a user.
func OpenSocialSecurity(s *Service, user User) (string, error) {
	plain, err := s.seal.Open(user.SocialSecurity, socialSecurityPlace(user.ID))
	return string(plain), err
}

// CodeHash is what a code is stored as.
func CodeHash(s *Service, flow Flow, person Person, code string) [32]byte {
	return s.codes.Sum(codeText(flow, person, code))
}
