// Package httpkit is what every surface needs over net/http: routing in the
// surface's dialect, sessions in, limits, CORS, request ids, security headers,
// the bounds that keep the process standing, access lines, metrics and an orderly
// shutdown. It knows no endpoint, no wording and no domain type; it reads no JSON
// (package bind does, from the bytes a Call hands out) and checks no credential
// (a surface's Authenticate does).
//
// A surface is a table of routes and two functions:
//
//	func Surface(s *Service) httpkit.Surface {
//		return httpkit.Surface{
//			Name: "bank", Cookie: true,
//			Authenticate: s.authenticate, // func(*httpkit.Call) (httpkit.Caller, error)
//			WriteError:   writeError,     // func(*httpkit.Call, error)
//			Routes: []httpkit.Route{
//				{Method: "POST", Path: "/card/transfer", Access: httpkit.SignedIn,
//					Limit: httpkit.LimitOrdinary, MovesMoney: true, Handle: s.transfer},
//			},
//		}
//	}
//
//	func (s *Service) transfer(c *httpkit.Call) error {
//		in := readTransfer(c.Body())
//		done, err := s.cards.Transfer(c.Context(), c.Caller().UserID, in, c.IdempotencyKey())
//		if err != nil {
//			return err // becomes bytes in writeError, and nowhere else
//		}
//		return c.JSON(http.StatusOK, transferAnswer{done})
//	}
//
// A request passes, in this order: request id and headers, CORS, routing, the
// cross-site check of cookie surfaces, the concurrency bound, limits by address,
// Authenticate, limits by caller, the body, the idempotency key (one request at
// a time for each), the handler. On a route that has a Spokesman the limits come
// after the body, which says for whom the call is.
package httpkit
