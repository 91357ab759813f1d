import { shareKey } from '../../src/tabs/share-key.ts';
import { TabGroup } from '../../src/tabs/tab-group.ts';
import { EchoConnection, type EchoOptions } from './echo-connection.ts';

declare global {
  interface Window {
    tab: EchoConnection;
    isSupported: boolean;
    join(url: string, options?: EchoOptions): Promise<void>;
  }
}

window.isSupported = TabGroup.isSupported();
window.join = async (url, options) => {
  window.tab = new EchoConnection(await shareKey(url, 0, ''), options);
};
