import { searchBox } from './search-box.ts';

/** The page of searches: what is searched for stands in its address, so that it can be shared and come back to. */
class SearchPage extends HTMLElement {
  connectedCallback(): void {
    const words = new URLSearchParams(location.search).get('q') ?? '';
    const box = searchBox(words, (searched) => history.replaceState(null, '', `?q=${encodeURIComponent(searched)}`));
    this.append(box.element);
    box.input.focus();
  }
}

customElements.define('search-page', SearchPage);
