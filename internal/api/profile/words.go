package profile

import (
	"strconv"

	"purse/internal/httpkit/bind"
)

// refusals are the words for the rules of the document and of identity, by their
// reason.
var refusals = map[string]string{ // #nosec G101 -- words about passwords
	"login":    ": от 4 до 32 символов, только латинские буквы, цифры и знак подчёркивания",
	"digits":   ": логин не может состоять только из цифр",
	"name":     ": заглавная русская буква, за ней от 1 до 255 строчных русских букв или пробелов",
	"color":    ": нужен цвет в виде #rrggbb",
	"password": ": от 8 до 20 символов, среди них цифра, строчная и заглавная латинские буквы",
	"birthday": ": нужна дата в прошлом в виде ГГГГ-ММ-ДД или пустая строка",
	"common":   ": этот пароль слишком распространён",
}

// simple are the words for the kinds of violations that need no more.
var simple = map[bind.Kind]string{
	bind.Missing:       " обязательно",
	bind.NotString:     ": нужна строка",
	bind.ControlChar:   " содержит недопустимые символы",
	bind.InvalidEmail:  ": нужен адрес электронной почты вида name@example.com",
	bind.IntegerText:   wholeNumber,
	bind.NotInteger:    wholeNumber,
	bind.Fractional:    wholeNumber,
	bind.IntegerTooBig: wholeNumber,
	bind.OutOfRange:    wholeNumber,
	bind.NotPositive:   wholeNumber,
}

const (
	wholeNumber = ": нужно целое число больше нуля"
	otherwise   = " заполнено неверно"
)

// fieldWords say what is wrong with a field, after its name.
func fieldWords(v bind.Violation) string {
	switch v.Kind {
	case bind.TooShort:
		if v.Limit == 1 {
			return " не может быть пустым"
		}
		return ": минимальное число символов — " + strconv.Itoa(v.Limit)
	case bind.TooLong:
		return ": максимальное число символов — " + strconv.Itoa(v.Limit)
	case bind.Refused:
		if text, known := refusals[v.Detail]; known {
			return text
		}
	}
	if text, known := simple[v.Kind]; known {
		return text
	}
	return otherwise
}

// requestWords say what is wrong with a request around its fields.
func requestWords(v bind.Violation) string {
	switch {
	case v.In == bind.Header:
		return "Нужен заголовок " + v.Name + ": название и версия браузера через пробел"
	case v.Kind == bind.Missing:
		return "Тело запроса пустое"
	case v.Kind == bind.TooLarge:
		return tooLarge.text
	case v.Kind == bind.NotObject && v.Detail == bind.OtherContentType:
		return "Нужен заголовок Content-Type: application/json"
	case v.Kind == bind.NotObject:
		return "Тело запроса должно быть объектом JSON"
	}
	return "Тело запроса не является корректным JSON"
}
