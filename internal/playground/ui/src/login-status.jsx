import { useRef, useState } from 'react';
import { logIn, logOut, timeText, useSession } from './session.js';

/** Shows who is logged in and until when, with a button to log in or out. */
export function LoginStatus({ suggested }) {
  const { token, username, until, notice } = useSession();
  const dialog = useRef(null);
  return (
    <div className="login-status">
      <span role="status" title={until?.toISOString()}>
        {token ? loggedIn(username, until) : `Not logged in${notice && `: ${notice}`}`}
      </span>
      {token ? (
        <button type="button" className="graphiql-button" onClick={logOut}>
          Log out
        </button>
      ) : (
        <button type="button" className="graphiql-button" onClick={() => dialog.current.showModal()}>
          Log in
        </button>
      )}
      <LoginDialog dialog={dialog} suggested={suggested} />
    </div>
  );
}

function loggedIn(username, until) {
  return `Logged in${username && ` as ${username}`}${until ? ` until ${timeText(until)}` : ''}`;
}

function LoginDialog({ dialog, suggested }) {
  const form = useRef(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    const { username, password } = form.current.elements;
    setBusy(true);
    setError('');
    try {
      await logIn(username.value, password.value);
      dialog.current.close();
    } catch (problem) {
      setError(problem.message);
    } finally {
      setBusy(false);
    }
  }
  const reset = () => {
    form.current.reset(); // a password must not stay in the page
    setError('');
  };
  return (
    <dialog ref={dialog} className="login-dialog" aria-label="Log in" onClose={reset}>
      <form ref={form} onSubmit={submit}>
        <label>
          Username
          <input id="username" autoComplete="username" required defaultValue={suggested.username} />
        </label>
        <label>
          Password
          <input
            id="password"
            type="password"
            autoComplete="current-password"
            required
            defaultValue={suggested.password}
          />
        </label>
        <p role="alert">{error}</p>
        <div className="login-buttons">
          <button type="submit" className="graphiql-button graphiql-button-success" disabled={busy}>
            Log in
          </button>
          <button type="button" className="graphiql-button" onClick={() => dialog.current.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
