package events

import (
	"math"
	"strconv"
	"time"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

func readRequestIdentifier(r *reader, f *field, in *WebCustomerEventInput) error {
	value, ok, err := r.text(MaxShortText, false, f.paths[r.FieldNames]...)
	if err != nil {
		return err
	}
	if ok && blank(value) {
		r.mandatory(f.paths[r.FieldNames]...)
	}
	// A text that could be read is echoed even if it is refused: it is all that the caller has to find the event by.
	if ok || value != "" {
		in.RequestUniqueIdentifier = put(&r.arena.texts, value)
	}
	return nil
}

func readPerformedOn(r *reader, f *field, in *WebCustomerEventInput) error {
	at, ok, err := r.date(f)
	if ok {
		in.Row.PerformedOn = at
	}
	return err
}

func readWebsite(r *reader, f *field, in *WebCustomerEventInput) error {
	value, ok, err := r.text(MaxWebsite, false, f.paths[r.FieldNames]...)
	switch {
	case err != nil || !ok:
		return err
	case blank(value):
		r.mandatory(f.paths[r.FieldNames]...)
		return nil
	}
	if err := models.CheckWebsite(value); err != nil {
		r.invalid(value, err.Error(), f.paths[r.FieldNames]...)
		return nil
	}
	in.Row.Website = value
	return nil
}

func readText(most int, at func(*models.EventDetails) **string) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.text(most, false, f.paths[r.FieldNames]...)
		if ok {
			*at(&in.Row.EventDetails) = put(&r.arena.texts, value)
		}
		return err
	}
}

func readName(at func(*models.EventDetails) **string) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.text(MaxShortText, false, f.paths[r.FieldNames]...)
		if ok && !blank(value) {
			*at(&in.Row.EventDetails) = put(&r.arena.texts, value)
		}
		return err
	}
}

func readFloat(at func(*models.EventDetails) **float64) func(*reader, *field, *WebCustomerEventInput) error {
	const remedy, tiny = "write a finite number", "it is too small to be told from 0"
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
			r.invalid(text, remedy, f.paths[r.FieldNames]...)
			return nil
		}
		if value == 0 {
			if !strictjson.Zero(text) {
				r.invalid(text, tiny, f.names[r.FieldNames])
				return nil
			}
			value = 0 // not every database keeps the sign of a zero, so none does
		}
		*at(&in.Row.EventDetails) = put(&r.arena.floats, value)
		return nil
	}
}

func readDate(at func(*models.EventDetails) **time.Time) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.date(f)
		if ok {
			*at(&in.Row.EventDetails) = put(&r.arena.times, value)
		}
		return err
	}
}

func (r *reader) date(f *field) (at time.Time, ok bool, err error) {
	if r.Kind() != strictjson.String {
		return at, false, r.wrongType(models.ErrDate.Error(), f.paths[r.FieldNames]...)
	}
	text, ok, err := r.text(math.MaxInt, false, f.paths[r.FieldNames]...) // it may have any number of decimals
	switch {
	case err != nil || !ok:
		return at, false, err
	case f.mandatory && blank(text):
		r.mandatory(f.paths[r.FieldNames]...)
		return at, false, nil
	}
	at, err = models.ParseDateTime(text, r.Zone)
	if err != nil {
		r.invalid(text, err.Error(), f.paths[r.FieldNames]...)
		return at, false, nil
	}
	return at, true, nil
}
