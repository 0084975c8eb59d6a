import { Panel } from '../components/Panel.tsx';
import { FILTER_HELP } from '../exceptions/FilterBox.tsx';
import { KeyNames } from '../shell/KeyNames.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { ConnectService } from './ConnectService.tsx';
import { SHORTCUT_HELP } from './shortcutHelp.ts';
import styles from './HelpPage.module.css';

/** Shortcuts, the filter, the time picker, and how to connect a service. */
export function HelpPage() {
  usePageTitle('Help');
  return (
    <>
      <PageHead title="Help" facts="Shortcuts, the filter, and how to connect a service" />
      <div className={styles['columns']}>
        <Panel title="Keyboard">
          {SHORTCUT_HELP.map(({ group, shortcuts }) => (
            <section key={group} className={styles['group']}>
              <h3>{group}</h3>
              <dl className={styles['list']}>
                {shortcuts.map(([keys, label]) => (
                  <div key={label}>
                    <dt>
                      <KeyNames keys={keys} />
                    </dt>
                    <dd>{label}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </Panel>
        <div className={styles['side']}>
          <Panel title="Filter of the exceptions">
            <dl className={styles['list']} data-wide="true">
              {FILTER_HELP.map(([field, hint]) => (
                <div key={field}>
                  <dt>
                    <code>{field}:</code>
                  </dt>
                  <dd>{hint}</dd>
                </div>
              ))}
              <div>
                <dt>text</dt>
                <dd>part of the class, the message or the key; quote text with spaces</dd>
              </div>
            </dl>
          </Panel>
          <Panel title="Connect a service">
            <ConnectService />
          </Panel>
        </div>
      </div>
    </>
  );
}
