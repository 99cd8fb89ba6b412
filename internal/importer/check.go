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

// maxCharacters is the maximum length of a value, unless its column has a maximum of its own.
const maxCharacters = 255

// checkRow checks the values of a row, and replaces blank values by empty ones.
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

func checkText(value string, maxLength int) error {
	if maxLength == 0 {
		maxLength = maxCharacters
	}
	switch {
	case !utf8.ValidString(value):
		return errors.New("it is not UTF-8: save the file in that encoding")
	case len(value) > maxLength && utf8.RuneCountInString(value) > maxLength:
		return fmt.Errorf("it has %d characters: write at most %d", utf8.RuneCountInString(value), maxLength)
	}
	for _, r := range value {
		if unicode.IsControl(r) {
			return errors.New("it contains a control character, such as a tab or a line end: remove it")
		}
		if r == utf8.RuneError {
			return errors.New("it contains U+FFFD, which replaces a character that was lost: write the " +
				"right one")
		}
	}
	return nil
}

func checkState(state string) error {
	switch state {
	case models.Effective, models.NotEffective, models.PendingVerification:
		return nil
	}
	return fmt.Errorf("write %s, %s or %s", models.Effective, models.NotEffective,
		models.PendingVerification)
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

// eventTypes are the CRM's types of customer events. Source: its Web API, customer_event_short.
var eventTypes = []string{
	models.WebEvent, "PURCHASE", "REFERRALS", "ACHIEVEMENT", "SOCIAL_MEDIA", "FINANCIAL_ACHIEVEMENT",
}

func checkEventType(value string) error {
	if !slices.Contains(eventTypes, value) {
		return fmt.Errorf("write one of %s", strings.Join(eventTypes, ", "))
	}
	return nil
}

// checkAccessToken checks that a row has both identifier and pass code, or neither. If the row has only one
// of the two columns, the store checks the pair.
func checkAccessToken(r *row) error {
	const identifier, passCode = 4, 5
	if r.given[identifier] && r.given[passCode] &&
		(r.values[identifier] == "") != (r.values[passCode] == "") {
		return errors.New("identifier and pass_code belong together: give both or neither")
	}
	return nil
}
