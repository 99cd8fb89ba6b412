import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './main.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { tabs } from './examples.js';
import { fetcher } from './fetcher.js';
import { memoryStorage } from './memory-storage.js';

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={fetcher}
    storage={memoryStorage()}
    defaultTabs={tabs}
    initialVariables={tabs[0].variables}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled
    showPersistHeadersSettings={false}
  >
    <GraphiQL.Logo>Customer events</GraphiQL.Logo>
  </GraphiQL>,
);
