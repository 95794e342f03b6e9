package wallet

import "time"

// Period is the time from one monthly fee to the next.
const Period = 30 * 24 * time.Hour
