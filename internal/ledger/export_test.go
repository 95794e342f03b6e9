package ledger

// VerifySpan is Verify with a choice of how many accounts are followed at once.
var VerifySpan = verify
