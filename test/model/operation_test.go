package model

// operations are what the workers do, each so often. Those that are not safe to
// repeat, or concern all people, are done by a worker who is alone, and not while
// it is uncertain what becomes of a request.
var operations = []struct {
	weight int
	alone  bool
	do     func(*worker)
}{
	{30, false, (*worker).walletTransfer},
	{26, false, (*worker).cardTransfer},
	{16, false, (*worker).deposit},
	{10, false, (*worker).withdraw},
	{10, false, (*worker).moveSavings},
	{8, false, (*worker).payBill},
	{12, false, (*worker).sendGift},
	{3, false, (*worker).createCard},
	{2, false, (*worker).createGoal},
	{2, false, (*worker).createWallet},
	{5, true, (*worker).createBill},
	{2, true, (*worker).deleteCard},
	{1, true, (*worker).deleteGoal},
	{1, true, (*worker).renameWallet},
	{2, true, (*worker).renamePerson},
}

// seldom are operations that take long.
var seldom = []func(*worker){(*worker).leave, (*worker).newChat, (*worker).unheard}

// step does one operation at random, and looks now and then.
func (w *worker) step() {
	uncertain := w.trouble.Load() || w.fault != nil
	if w.alone && !uncertain && w.chance(200) {
		w.asked.Add(1)
		pick(w, seldom)(w)
		return
	}
	total := 0
	for _, o := range operations {
		total += o.weight
	}
	draw := w.random.IntN(total)
	for _, o := range operations {
		if draw -= o.weight; draw >= 0 {
			continue
		}
		if o.alone && (!w.alone || uncertain) {
			return
		}
		w.asked.Add(1)
		o.do(w)
		break
	}
	if w.chance(16) {
		w.glance()
	}
}
