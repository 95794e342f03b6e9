package gift

import (
	"strconv"
	"strings"

	"purse/internal/fault"
	"purse/internal/gift"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
)

// What is wrong with a body as a whole, and the two words that the document has
// for a field.
const (
	tooLarge  = "요청 본문은 1 MiB 를 넘을 수 없습니다."
	malformed = "올바른 JSON 형식이 아닙니다."
	noBody    = "요청 본문을 입력해 주세요."
	notJSON   = "Content-Type 은 application/json 이어야 합니다."
	noObject  = "요청 본문은 JSON 객체여야 합니다."

	missing = "해당 필드를 입력해 주세요."
	isNull  = "해당 필드는 null 이 될 수 없습니다."
	invalid = "해당 필드에 대한 검증이 실패했습니다."
)

// plain are the words for a field whose violation has no parameter.
var plain = map[bind.Kind]string{
	bind.Missing:       missing,
	bind.NotString:     "문자열을 입력해 주세요.",
	bind.ControlChar:   "제어 문자는 입력할 수 없습니다.",
	bind.InvalidEmail:  badEmail,
	bind.OutOfRange:    "값의 범위를 벗어났습니다.",
	bind.NotPositive:   "0보다 큰 값을 입력해 주세요.",
	bind.NotInteger:    "정수를 입력해 주세요.",
	bind.IntegerText:   "정수를 입력해 주세요.",
	bind.Fractional:    "정수를 입력해 주세요.",
	bind.IntegerTooBig: "값의 범위를 벗어났습니다.",
	bind.NotBoolean:    "true 또는 false 를 입력해 주세요.",
	bind.BooleanText:   "true 또는 false 를 입력해 주세요.",
}

// wording is what "error" holds for an error of kind Invalid: the texts of each
// field, or one text where the document has no field, for an e-mail address or a
// password that alone is wrong, and for a body that cannot be read.
func wording(err error) any {
	if f := fault.From(err); f.Code == identity.ErrWeakPassword.Code {
		return weakPassword(f)
	}
	violations, ok := bind.Of(err)
	if !ok {
		violations, _ = bind.Of((*bind.Input)(nil).Explain(err))
	}
	fields := map[string][]string{}
	for i := range violations {
		v := &violations[i]
		if v.Name == "" {
			return ofBody(v)
		}
		fields[v.Name] = append(fields[v.Name], ofField(v))
	}
	if len(violations) == 1 && violations[0].Kind == bind.InvalidEmail {
		return badEmail
	}
	return fields
}

func ofBody(v *bind.Violation) string {
	switch {
	case v.Kind == bind.Missing:
		return noBody
	case v.Kind == bind.TooLarge:
		return tooLarge
	case v.Detail == bind.OtherContentType:
		return notJSON
	case v.Kind == bind.NotObject:
		return noObject
	case v.Kind == bind.Malformed:
		return malformed
	}
	return invalid
}

func ofField(v *bind.Violation) string {
	switch {
	case v.IsNull():
		return isNull
	case v.Kind == bind.TooShort && v.Limit == 1:
		return "해당 필드는 비워 둘 수 없습니다."
	case v.Kind == bind.TooLong:
		return strconv.Itoa(v.Limit) + "자 이하로 입력해 주세요."
	case v.Kind == bind.Refused && v.Detail == "too_large":
		return grouped(gift.MaxAmount) + " 이하의 값을 입력해 주세요."
	}
	if text, known := plain[v.Kind]; known {
		return text
	}
	return invalid
}

// weakPassword says that a password is no good, and why.
func weakPassword(f *fault.Error) string {
	text := "유효한 비밀번호 값이 아닙니다. "
	for _, field := range f.Fields {
		switch field.Reason {
		case "too_short":
			return text + field.Params["min"] + "자 이상 입력해 주세요."
		case "too_long":
			return text + field.Params["max"] + "자 이하로 입력해 주세요."
		}
	}
	return text + "다른 사람이 쉽게 추측할 수 있는 비밀번호입니다."
}

// grouped is a number with a comma after each three digits.
func grouped(number int) string {
	digits := strconv.Itoa(number)
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), ",")
}
