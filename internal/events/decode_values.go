package events

import (
	"math"
	"strconv"
	"time"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

func readRequestIdentifier(r *reader, f *field, in *WebCustomerEventInput) error {
	value, ok, err := r.readString(MaxShortText, false, f.paths[r.FieldNames]...)
	if err != nil {
		return err
	}
	if ok && isBlank(value) {
		r.addMandatory(f.paths[r.FieldNames]...)
	}
	// A readable text is echoed even if it is rejected: the caller identifies the event by it.
	if ok || value != "" {
		in.RequestUniqueIdentifier = put(&r.arena.texts, value)
	}
	return nil
}

func readPerformedOn(r *reader, f *field, in *WebCustomerEventInput) error {
	at, text, ok, err := r.readDateTime(f)
	if ok {
		in.Details.PerformedOn, in.PerformedOn = at, text
	}
	return err
}

func readWebsite(r *reader, f *field, in *WebCustomerEventInput) error {
	value, ok, err := r.readString(MaxWebsite, false, f.paths[r.FieldNames]...)
	switch {
	case err != nil || !ok:
		return err
	case isBlank(value):
		r.addMandatory(f.paths[r.FieldNames]...)
		return nil
	}
	if err := models.CheckWebsite(value); err != nil {
		r.addInvalid(value, err.Error(), f.paths[r.FieldNames]...)
		return nil
	}
	in.Details.Website = value
	return nil
}

func readText(maxLength int, at func(*models.EventDetails) **string) readFunc {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.readString(maxLength, false, f.paths[r.FieldNames]...)
		if ok {
			*at(&in.Details) = put(&r.arena.texts, value)
		}
		return err
	}
}

func readName(at func(*models.EventDetails) **string) readFunc {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.readString(MaxShortText, false, f.paths[r.FieldNames]...)
		if ok && !isBlank(value) {
			*at(&in.Details) = put(&r.arena.texts, value)
		}
		return err
	}
}

func readFloat(at func(*models.EventDetails) **float64) readFunc {
	const remedy, tooSmall = "write a finite number", "it is too small to be distinguished from 0"
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		if r.Kind() != strictjson.Number {
			return r.wrongType(remedy, f.paths[r.FieldNames]...)
		}
		text, err := r.Number()
		if err != nil {
			return err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(value, 0) {
			r.addInvalid(text, remedy, f.paths[r.FieldNames]...)
			return nil
		}
		if value == 0 {
			if !strictjson.Zero(text) {
				r.addInvalid(text, tooSmall, f.names[r.FieldNames])
				return nil
			}
			value = 0 // drops the sign of a zero, which some databases do not store
		}
		*at(&in.Details) = put(&r.arena.floats, value)
		return nil
	}
}

func readDate(at func(*models.EventDetails) **time.Time) readFunc {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, _, ok, err := r.readDateTime(f)
		if ok {
			*at(&in.Details) = put(&r.arena.times, value)
		}
		return err
	}
}

// readDateTime reads a date and time, and returns its text too.
func (r *reader) readDateTime(f *field) (at time.Time, text string, ok bool, err error) {
	if r.Kind() != strictjson.String {
		return at, "", false, r.wrongType(models.ErrDate.Error(), f.paths[r.FieldNames]...)
	}
	// The length is not limited: a time may have any number of decimals.
	text, ok, err = r.readString(math.MaxInt, false, f.paths[r.FieldNames]...)
	switch {
	case err != nil || !ok:
		return at, text, false, err
	case f.mandatory && isBlank(text):
		r.addMandatory(f.paths[r.FieldNames]...)
		return at, text, false, nil
	}
	at, err = models.ParseDateTime(text, r.Zone)
	if err != nil {
		r.addInvalid(text, err.Error(), f.paths[r.FieldNames]...)
		return at, text, false, nil
	}
	return at, text, true, nil
}
