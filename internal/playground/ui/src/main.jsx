import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './main.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { FollowSystemTheme, MarkVariables, ShowOpenTab, StoreOnLeave, WrapLines } from './behavior.jsx';
import { exampleTabs, loadValues, nameTabs } from './examples.js';
import { fetcher } from './fetcher.js';
import { LoginStatus } from './login-status.jsx';
import { redactor } from './redact.js';
import { receivedTokens } from './session.js';
import { tabStorage } from './storage.js';
import { scalarSchemas } from './variables.js';

function start(values) {
  const redact = redactor({ isPublic: (value) => value === values.password, issuedTokens: receivedTokens });
  createRoot(document.getElementById('root')).render(
    <GraphiQL
      fetcher={fetcher}
      storage={tabStorage(exampleTabs(values), nameTabs, redact)}
      onTabChange={nameTabs} // GraphiQL shows the state only after this call
      customScalarSchemas={scalarSchemas}
      defaultEditorToolsVisibility="variables"
      isHeadersEditorEnabled
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        Customer events
        <LoginStatus suggested={values} />
      </GraphiQL.Logo>
      <FollowSystemTheme />
      <MarkVariables />
      <WrapLines />
      <ShowOpenTab />
      <StoreOnLeave />
    </GraphiQL>,
  );
}

loadValues().then(start, (error) => {
  document.getElementById('root').textContent = `The page cannot start: ${error.message}. Reload it.`;
});
