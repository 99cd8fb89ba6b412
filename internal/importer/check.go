package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"customer-events/models"
)

// mostCharacters is how long a value may be, unless its column says otherwise.
const mostCharacters = 255

// checkRow finds what is wrong with a row, and empties the values that are blank.
func (k *kind) checkRow(r *row) error {
	for i := range k.columns {
		column := &k.columns[i]
		value := r.values[i]
		if strings.TrimSpace(value) == "" {
			if r.values[i] = ""; column.mandatory {
				return fmt.Errorf("%s is missing or blank: it is mandatory", column.name)
			}
			continue
		}
		err := checkText(value, column.max)
		if err == nil && column.check != nil {
			err = column.check(value)
		}
		switch {
		case err == nil:
		case column.secret:
			return fmt.Errorf("%s: %w", column.name, err)
		default:
			return fmt.Errorf("%s (%s): %w", column.name, models.Sanitize(value), err)
		}
	}
	if k.check != nil {
		return k.check(r)
	}
	return nil
}

func checkText(value string, most int) error {
	if most == 0 {
		most = mostCharacters
	}
	switch {
	case !utf8.ValidString(value):
		return errors.New("it is not UTF-8: save the file in that encoding")
	case len(value) > most && utf8.RuneCountInString(value) > most:
		return fmt.Errorf("it has %d characters: %d are the most", utf8.RuneCountInString(value), most)
	}
	for _, r := range value {
		if unicode.IsControl(r) {
			return errors.New("it holds a control character, such as a tab or a line end: take it out")
		}
		if r == utf8.RuneError {
			return errors.New("it holds U+FFFD, which stands where a character was lost on the way: write the right one")
		}
	}
	return nil
}

func checkState(state string) error {
	switch state {
	case models.Effective, models.NotEffective, models.PendingVerification:
		return nil
	}
	return fmt.Errorf("write %s, %s or %s", models.Effective, models.NotEffective, models.PendingVerification)
}

func checkDigits(value string) error {
	if strings.Trim(value, "0123456789") != "" {
		return errors.New("write digits only")
	}
	return nil
}

func checkDateTime(value string) error {
	_, err := models.ParseDateTime(value, time.UTC)
	return err
}

// eventTypes are the types of customer events that the CRM has. Source: its Web API, customer_event_short.
var eventTypes = []string{models.WebEvent, "PURCHASE", "REFERRALS", "ACHIEVEMENT", "SOCIAL_MEDIA", "FINANCIAL_ACHIEVEMENT"}

func checkEventType(value string) error {
	if !slices.Contains(eventTypes, value) {
		return fmt.Errorf("write one of %s", strings.Join(eventTypes, ", "))
	}
	return nil
}

// checkAccessToken: if the row gives only one of the two columns, the store checks the pair.
func checkAccessToken(r *row) error {
	const identifier, passCode = 4, 5
	if r.given[identifier] && r.given[passCode] && (r.values[identifier] == "") != (r.values[passCode] == "") {
		return errors.New("identifier and pass_code belong together: give both or neither")
	}
	return nil
}
